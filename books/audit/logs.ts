import type { Trade } from "../../services/contract/trade.ts";

/**
 * Checks the numbers and chains of a log row by row. Each row is checked against the row before it as the log has it,
 * so one wrong row is reported once. Pure.
 */
export class ChainedLog<Row extends { number: number; chain: string }> {
  readonly #chainAfter: (previous: string, row: Row) => string;
  #number = 0;
  #chain: string;
  #rows = 0;

  constructor(genesis: string, chainAfter: (previous: string, row: Row) => string) {
    this.#chain = genesis;
    this.#chainAfter = chainAfter;
  }

  /** Rows checked so far. */
  get rows(): number {
    return this.#rows;
  }

  /** What is wrong with the next row; both undefined when nothing is. */
  check(row: Row): { gap: string | undefined; broken: string | undefined } {
    const expected = this.#number + 1;
    const chain = this.#chainAfter(this.#chain, row);
    this.#number = row.number;
    this.#chain = row.chain;
    this.#rows += 1;
    return {
      gap: row.number === expected ? undefined : `${expected} is missing, ${row.number} comes next`,
      broken:
        row.chain === chain ? undefined : `${row.number}: its chain does not follow from the row before it`,
    };
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
