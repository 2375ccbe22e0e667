import type { Trade } from "../../services/contract/trade.ts";

/**
 * Follows a numbered, chained log row by row: says where numbers are missing, and where the hash of a row does not
 * follow from the row before. Pure; it goes on with what the log says.
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

  /** Rows followed so far. */
  get rows(): number {
    return this.#rows;
  }

  /** What is wrong with this row as the next one. */
  follow(row: Row): { gap: string | undefined; broken: string | undefined } {
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

/** Who traded, with which key: anyone may ask for an audit, so these are not quoted. */
const unquoted: ReadonlySet<keyof Trade> = new Set(["order_id", "fingerprint", "client", "chain"]);

/** Where a ledger row differs from its trade, or undefined. */
export function difference(row: Trade, trade: Trade): string | undefined {
  const column = columns.find((name) => row[name] !== trade[name]);
  if (!column) return undefined;
  if (unquoted.has(column)) return `row ${row.number}: ${column} is not the trade's`;
  return `row ${row.number}: ${column} is ${row[column]}, the trade's is ${trade[column]}`;
}
