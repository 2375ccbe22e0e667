import { originOf, type LogHead, type Trade } from "../../services/contract/trade.ts";
import type { Statement } from "../sqlite/driver.ts";
import type { Prepares } from "./prepares.ts";
import { headOf, hexOf, tradeOf, type LastRow, type TradeRow } from "./trade-row.ts";

/** The statements that differ between the trade log and the ledger by the name of the table alone. */
export interface TradeTableSql {
  /** Number and chain of the last row. */
  last: string;
  /** The row of one number. */
  row: string;
  /** The chain of one number. */
  chain: string;
  /** The rows after a number, up to a limit. */
  after: string;
}

/** Reads a table of trades. */
export class TradeTable {
  readonly #last: Statement<LastRow>;
  readonly #row: Statement<TradeRow>;
  readonly #chain: Statement<{ chain: Uint8Array }>;
  readonly #after: Statement<TradeRow>;

  constructor(db: Prepares, sql: TradeTableSql) {
    this.#last = db.prepare(sql.last);
    this.#row = db.prepare(sql.row);
    this.#chain = db.prepare(sql.chain);
    this.#after = db.prepare(sql.after);
  }

  /** The last row's number; 0 when there is no row. */
  get length(): number {
    return this.#last.get()?.number ?? 0;
  }

  /** The head: the market's origin when there is no row, and an empty chain when there is no market either. */
  head(marketId: string | undefined): LogHead {
    return headOf(this.#last.get(), marketId);
  }

  trade(number: number): Trade | undefined {
    const row = this.#row.get(number);
    return row ? tradeOf(row) : undefined;
  }

  /** The chain of a row, or of the market's origin for number 0. Undefined when there is no such row. */
  chainAt(number: number, marketId: string): string | undefined {
    if (number === 0) return originOf(marketId).chain;
    const row = this.#chain.get(number);
    return row ? hexOf(row.chain) : undefined;
  }

  /** Rows after number `after`, oldest first. */
  after(after: number, limit: number): Trade[] {
    return this.#after.all(after, limit).map(tradeOf);
  }
}
