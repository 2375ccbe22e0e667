import type { Change } from "../../services/contract/change.ts";
import { limits } from "../../services/contract/limits.ts";
import type { StockState } from "../../services/contract/stock.ts";
import type { Trade } from "../../services/contract/trade.ts";
import { counted, type Findings } from "./checks.ts";
import type { StockNames } from "./stock-names.ts";
import { StockTable } from "./stock-table.ts";

/**
 * The stocks as the logs make them, one row at a time, compared on the way with the states that the catalog showed.
 * Pure: no I/O. After a violation it goes on with what the log says, so that one mistake is not reported as many.
 */
export class Replay {
  readonly #findings: Findings;
  readonly #names: StockNames;
  readonly #stocks: StockTable;
  readonly #seen: StockTable;
  /** By place, 1 for the seen stocks whose replay has come to the version that was seen. */
  readonly #isReached: Uint8Array;
  #versions = 0;

  /** `names` are those of the stocks that were seen. */
  constructor(findings: Findings, names: StockNames, seen: StockTable) {
    this.#findings = findings;
    this.#names = names;
    this.#seen = seen;
    this.#isReached = new Uint8Array(names.size);
    this.#stocks = new StockTable(names);
  }

  /** Rows applied: each is one version of its stock. */
  get versions(): number {
    return this.#versions;
  }

  get stocks(): number {
    return this.#stocks.size;
  }

  /** Whether the change log has to be read further before this trade. */
  needsChange(trade: Trade): boolean {
    const stock = this.#stocks.get(trade.name);
    return stock === undefined || trade.stock_version > stock.version + 1;
  }

  /** Whether its stock has come to where this change applies; one that is overdue counts, and is a violation. */
  isDue(change: Change): boolean {
    const stock = this.#stocks.get(change.name);
    return stock === undefined || change.stock_version <= stock.version + 1;
  }

  applyChange(change: Change): void {
    const row = `change ${change.number}`;
    const known = this.#stocks.get(change.name);
    const isOpening = change.kind === "opening";
    if (isOpening && known) return this.#findings.fail("replay", `${row}: ${change.name} was opened before`);
    if (!isOpening && !known)
      return this.#findings.fail("replay", `${row}: ${change.name} has no opening before it`);

    const stock = known ?? unopened(change.name);
    stock.price_cents = change.price_cents ?? stock.price_cents;
    stock.quantity += change.quantity_delta ?? 0;
    stock.status = change.status ?? stock.status;
    this.#advance(row, stock, change.stock_version);
  }

  applyTrade(trade: Trade): void {
    const row = `trade ${trade.number}`;
    const stock = this.#stocks.get(trade.name);
    if (!stock) return this.#findings.fail("replay", `${row}: ${trade.name} has no opening before it`);
    if (stock.status === "halted") this.#findings.fail("replay", `${row}: ${trade.name} was halted`);
    if (trade.price_cents !== stock.price_cents)
      this.#findings.fail(
        "replay",
        `${row}: price_cents is ${trade.price_cents}, in force was ${stock.price_cents}`,
      );

    stock.quantity += trade.type === "buy" ? -trade.quantity : trade.quantity;
    stock.volume = Math.min(stock.volume + trade.quantity, Number.MAX_SAFE_INTEGER);
    if (trade.quantity_after !== stock.quantity)
      this.#findings.fail(
        "replay",
        `${row}: quantity_after is ${trade.quantity_after}, replay gives ${stock.quantity}`,
      );
    this.#advance(row, stock, trade.stock_version);
  }

  /**
   * To be called when every row has been applied that was in the logs before the stocks were looked at: none of
   * them may have been seen at an earlier version than that.
   */
  expectNoneBehind(): void {
    for (const { name, version } of this.#stocks.values()) {
      const seen = this.#seen.get(name);
      if (!seen) this.#findings.fail("conservation", `${name}: is in the logs, but not among the stocks`);
      else if (seen.version < version)
        this.#findings.fail(
          "versions",
          `${name}: version is ${seen.version}, its log counts ${counted(version, "change")}`,
        );
    }
  }

  /** To be called after the last row. */
  expectAllReached(): void {
    for (let place = 0; place < this.#isReached.length; place += 1) {
      if (this.#isReached[place] !== 0) continue;
      const name = this.#names.nameAt(place);
      const seen = this.#seen.get(name);
      const stock = this.#stocks.get(name);
      if (!seen) continue;
      if (!stock) {
        this.#findings.fail("replay", `${name}: has no opening in the change log`);
        continue;
      }
      this.#findings.fail(
        "versions",
        `${name}: version is ${seen.version}, its log counts ${counted(stock.version, "change")}`,
      );
      this.#compare(seen, stock);
    }
  }

  #advance(row: string, stock: StockState, version: number): void {
    this.#versions += 1;
    if (version !== stock.version + 1)
      this.#findings.fail(
        "versions",
        `${row}: stock_version is ${version}, ${stock.name} was at ${stock.version} before it`,
      );
    if (stock.quantity < 0 || stock.quantity > limits.total)
      this.#findings.fail("conservation", `${row}: leaves ${stock.quantity} of ${stock.name}`);
    stock.version = version;
    this.#stocks.set(stock);

    const seen = this.#seen.get(stock.name);
    if (seen?.version === version && this.#reach(stock.name)) this.#compare(seen, stock);
  }

  /** Whether a seen stock has not been reached before. */
  #reach(name: string): boolean {
    const place = this.#names.placeOf(name);
    if (place === undefined || this.#isReached[place] !== 0) return false;
    this.#isReached[place] = 1;
    return true;
  }

  #compare(seen: StockState, stock: StockState): void {
    for (const [column, check] of comparedColumns) {
      if (seen[column] === stock[column]) continue;
      this.#findings.fail(
        check,
        `${seen.name}: ${column} is ${seen[column]} at version ${seen.version}, its log gives ${stock[column]}`,
      );
    }
  }
}

const comparedColumns = [
  ["quantity", "conservation"],
  ["volume", "conservation"],
  ["price_cents", "replay"],
  ["status", "replay"],
] as const;

function unopened(name: string): StockState {
  return { name, price_cents: 0, quantity: 0, volume: 0, status: "open", version: 0 };
}
