import type { Change } from "../../services/contract/change.ts";
import { limits } from "../../services/contract/limits.ts";
import type { StockState } from "../../services/contract/stock.ts";
import type { Trade } from "../../services/contract/trade.ts";
import { counted, type Findings } from "./checks.ts";
import type { StockNames } from "./stock-names.ts";
import { StockTable } from "./stock-table.ts";

/**
 * Makes the stocks from the logs, one row at a time. When a stock gets to the version at which the catalog showed it,
 * the two states are compared. After a violation the replay continues with the values of the log, so that one mistake
 * is not reported many times. Pure.
 */
export class Replay {
  readonly #findings: Findings;
  readonly #names: StockNames;
  readonly #stocks: StockTable;
  readonly #shown: StockTable;
  /** By index in `names`: 1 once the replay has reached the version at which the stock was shown. */
  readonly #isReached: Uint8Array;
  #versions = 0;

  /** `shown` are the states that the catalog showed, `names` their names. */
  constructor(findings: Findings, names: StockNames, shown: StockTable) {
    this.#findings = findings;
    this.#names = names;
    this.#shown = shown;
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

  /**
   * Whether its stock has reached the version before this change. True also for a later version, which is a
   * violation.
   */
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
   * Call it once every row is applied that was in the logs before the stocks were read: no stock may have been shown
   * at an earlier version.
   */
  expectNoneBehind(): void {
    for (const { name, version } of this.#stocks.values()) {
      const shown = this.#shown.get(name);
      if (!shown) this.#findings.fail("conservation", `${name}: is in the logs, but not among the stocks`);
      else if (shown.version < version)
        this.#findings.fail(
          "versions",
          `${name}: version is ${shown.version}, its log counts ${counted(version, "change")}`,
        );
    }
  }

  /** Call it after the last row. */
  expectAllReached(): void {
    for (let index = 0; index < this.#isReached.length; index += 1) {
      if (this.#isReached[index] !== 0) continue;
      const name = this.#names.nameAt(index);
      const shown = this.#shown.get(name);
      const stock = this.#stocks.get(name);
      if (!shown) continue;
      if (!stock) {
        this.#findings.fail("replay", `${name}: has no opening in the change log`);
        continue;
      }
      this.#findings.fail(
        "versions",
        `${name}: version is ${shown.version}, its log counts ${counted(stock.version, "change")}`,
      );
      this.#compare(shown, stock);
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

    const shown = this.#shown.get(stock.name);
    if (shown?.version === version && this.#reach(stock.name)) this.#compare(shown, stock);
  }

  /** Whether this is the first time that a shown stock is reached. */
  #reach(name: string): boolean {
    const index = this.#names.indexOf(name);
    if (index === undefined || this.#isReached[index] !== 0) return false;
    this.#isReached[index] = 1;
    return true;
  }

  #compare(shown: StockState, stock: StockState): void {
    for (const [column, check] of comparedColumns) {
      if (shown[column] === stock[column]) continue;
      this.#findings.fail(
        check,
        `${shown.name}: ${column} is ${shown[column]} at version ${shown.version}, its log gives ${stock[column]}`,
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
