import type { Change } from "../../services/contract/change.ts";
import type { CatalogHeads, LedgerHead } from "../../services/contract/heads.ts";
import type { StockState } from "../../services/contract/stock.ts";
import type { Trade } from "../../services/contract/trade.ts";

/**
 * The books as an audit reads them, in pages: from the running services (live-source.ts) or from their files
 * (store.ts). Every method may throw AuditImpossible or BooksUnreadable.
 */
export interface AuditSource {
  /** What is audited, for people. */
  readonly title: string;
  /** True: a ledger that is shorter than the trade log is no violation, because orders are placed at the same time. */
  readonly ledgerMayLag: boolean;
  /** Rest after each page, as a multiple of the time that the page took. */
  readonly restFactor: number;
  ledgerHead(): Promise<LedgerHead>;
  heads(): Promise<CatalogHeads>;
  /** By name, the stocks after `after`. */
  stocks(after: string, limit: number): Promise<StockState[]>;
  /**
   * Rows after number `after`, oldest first; fewer than `limit` only at the end of the log. So do `changes` and
   * `ledger`.
   */
  trades(after: number, limit: number): Promise<Trade[]>;
  changes(after: number, limit: number): Promise<Change[]>;
  ledger(after: number, limit: number): Promise<Trade[]>;
  /** Of the trades that `trades(after, limit)` gives: the numbers of those whose order was also refused. */
  overlaps(after: number, limit: number): Promise<number[]>;
  /** What is wrong with the files themselves, one line each. Absent when the source is not files. */
  integrity?(): Promise<string[]>;
}

/** The audit could not be carried out, so nothing is known about the books. The message is one line for people. */
export class AuditImpossible extends Error {
  override readonly name = "AuditImpossible";
}

/** The books cannot be read to their end. The audit reports this as a violation, not as an audit that failed. */
export class BooksUnreadable extends Error {
  override readonly name = "BooksUnreadable";
}
