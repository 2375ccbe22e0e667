import type { StockState } from "../../services/contract/stock.ts";
import type { StockNames } from "./stock-names.ts";

/** Numbers of a row: status (an index from 1; 0 is no row), price, quantity, volume, version. */
const columns = 5;
const chunkRows = 4_096;

/** Stock states by name, as plain numbers: a million of them as objects would take ten times the memory. */
export class StockTable {
  readonly #names: StockNames;
  readonly #statuses: StockState["status"][] = ["open", "halted"];
  /** In chunks: one array that grows would be copied each time, and the copies would wait for garbage collection. */
  readonly #chunks: Float64Array[] = [];
  #size = 0;

  /** `names` may be shared by tables of the same stocks. */
  constructor(names: StockNames) {
    this.#names = names;
  }

  get size(): number {
    return this.#size;
  }

  get(name: string): StockState | undefined {
    const index = this.#names.indexOf(name);
    return index === undefined ? undefined : this.#at(index, name);
  }

  set({ name, status, price_cents, quantity, volume, version }: StockState): void {
    const index = this.#names.add(name);
    const chunk = this.#chunkFor(index);
    const cell = cellOf(index);
    if (chunk[cell] === 0) this.#size += 1;
    chunk[cell] = this.#numberOf(status);
    chunk[cell + 1] = price_cents;
    chunk[cell + 2] = quantity;
    chunk[cell + 3] = volume;
    chunk[cell + 4] = version;
  }

  *values(): Generator<StockState> {
    for (let index = 0; index < this.#names.size; index += 1) {
      const state = this.#at(index, this.#names.nameAt(index));
      if (state) yield state;
    }
  }

  #at(index: number, name: string): StockState | undefined {
    const chunk = this.#chunks[Math.floor(index / chunkRows)];
    const cell = cellOf(index);
    const status = this.#statuses[(chunk?.[cell] ?? 0) - 1];
    if (!chunk || status === undefined) return undefined;
    return {
      name,
      price_cents: chunk[cell + 1] ?? 0,
      quantity: chunk[cell + 2] ?? 0,
      volume: chunk[cell + 3] ?? 0,
      status,
      version: chunk[cell + 4] ?? 0,
    };
  }

  #chunkFor(index: number): Float64Array {
    return (this.#chunks[Math.floor(index / chunkRows)] ??= new Float64Array(chunkRows * columns));
  }

  // A damaged file may hold a status that no service writes.
  #numberOf(status: StockState["status"]): number {
    const known = this.#statuses.indexOf(status);
    return known >= 0 ? known + 1 : this.#statuses.push(status);
  }
}

function cellOf(index: number): number {
  return (index % chunkRows) * columns;
}
