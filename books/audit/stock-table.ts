import type { StockState } from "../../services/contract/stock.ts";
import type { StockNames } from "./stock-names.ts";

/** Numbers of a row: status (an index from 1; 0 is no row), price, quantity, volume, version. */
const columns = 5;
const chunkRows = 4_096;

/** Stock states by name, as plain numbers: a million of them as objects would take ten times the memory. */
export class StockTable {
  readonly #names: StockNames;
  readonly #statuses: StockState["status"][] = ["open", "halted"];
  /** In chunks, because one array that grows is copied, and leaves its smaller selves behind. */
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
    const place = this.#names.placeOf(name);
    return place === undefined ? undefined : this.#at(place, name);
  }

  set({ name, status, price_cents, quantity, volume, version }: StockState): void {
    const place = this.#names.add(name);
    const chunk = this.#chunkFor(place);
    const cell = cellOf(place);
    if (chunk[cell] === 0) this.#size += 1;
    chunk[cell] = this.#numberOf(status);
    chunk[cell + 1] = price_cents;
    chunk[cell + 2] = quantity;
    chunk[cell + 3] = volume;
    chunk[cell + 4] = version;
  }

  *values(): Generator<StockState> {
    for (let place = 0; place < this.#names.size; place += 1) {
      const state = this.#at(place, this.#names.nameAt(place));
      if (state) yield state;
    }
  }

  #at(place: number, name: string): StockState | undefined {
    const chunk = this.#chunks[Math.floor(place / chunkRows)];
    const cell = cellOf(place);
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

  #chunkFor(place: number): Float64Array {
    return (this.#chunks[Math.floor(place / chunkRows)] ??= new Float64Array(chunkRows * columns));
  }

  // What no service would write may be in a file all the same.
  #numberOf(status: StockState["status"]): number {
    const index = this.#statuses.indexOf(status);
    return index >= 0 ? index + 1 : this.#statuses.push(status);
  }
}

function cellOf(place: number): number {
  return (place % chunkRows) * columns;
}
