import type { Trade } from "../../services/contract/trade.ts";
import { counted, type Findings } from "./checks.ts";
import type { LogCursor } from "./paging.ts";

/** Compares the ledger with the trade log, row by row. */
export class LedgerCheck {
  readonly #findings: Findings;
  readonly #ledger: LogCursor<Trade>;
  readonly #head: number;
  #last = 0;
  #rows = 0;

  /** `head` is the number of the last ledger row that is compared. */
  constructor(findings: Findings, ledger: LogCursor<Trade>, head: number) {
    this.#findings = findings;
    this.#ledger = ledger;
    this.#head = head;
  }

  /** Rows read so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Call it with every trade, in order. */
  async compare(trade: Trade): Promise<void> {
    await this.#takeRowsBefore(trade.number);
    const row = await this.#ledger.peek();
    if (row?.number !== trade.number) {
      if (trade.number <= this.#head) this.#findings.fail("ledger", `row ${trade.number} is missing`);
      return;
    }
    await this.#take(row);
    const differs = difference(row, trade);
    if (differs) this.#findings.fail("ledger", differs);
  }

  /** Call it after the last trade, whose number is `end`. Returns how much was compared, in words. */
  async finish(end: number, mayLag: boolean): Promise<string> {
    await this.#takeRowsBefore(Infinity);
    if (this.#head >= end) return `${counted(this.#rows, "row")}, equal to the trade log`;
    if (!mayLag)
      this.#findings.fail(
        "ledger",
        `it ends at ${this.#head}, the trade log at ${end}: start the order service, which pulls what is missing`,
      );
    return `${counted(this.#rows, "row")}, equal to the trade log as far as the ledger had got (${this.#head} of ${end})`;
  }

  async #takeRowsBefore(number: number): Promise<void> {
    for (let row = await this.#ledger.peek(); row && row.number < number; row = await this.#ledger.peek()) {
      this.#findings.fail("ledger", `row ${row.number} is not in the trade log`);
      await this.#take(row);
    }
  }

  async #take(row: Trade): Promise<void> {
    await this.#ledger.take();
    if (row.number !== this.#last + 1)
      this.#findings.fail("numbers", `ledger row ${this.#last + 1} is missing, ${row.number} comes next`);
    this.#last = row.number;
    this.#rows += 1;
  }
}

const columns = [
  "name",
  "type",
  "quantity",
  "price_cents",
  "quantity_after",
  "stock_version",
  "at",
  "order_id",
  "fingerprint",
  "client",
  "chain",
] as const satisfies readonly Exclude<keyof Trade, "number">[];

/** Columns that show who traded, with which key. Every client may read an audit: their values are not in it. */
const secret: ReadonlySet<keyof Trade> = new Set(["order_id", "fingerprint", "client", "chain"]);

/** Where a ledger row differs from its trade, or undefined. */
export function difference(row: Trade, trade: Trade): string | undefined {
  const column = columns.find((name) => row[name] !== trade[name]);
  if (!column) return undefined;
  if (secret.has(column)) return `row ${row.number}: ${column} is not the trade's`;
  return `row ${row.number}: ${column} is ${row[column]}, the trade's is ${trade[column]}`;
}
