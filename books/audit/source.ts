import type { Change } from "../../services/contract/change.ts";
import type { CatalogHeads, LedgerHead } from "../../services/contract/heads.ts";
import type { StockState } from "../../services/contract/stock.ts";
import type { Trade } from "../../services/contract/trade.ts";

/**
 * The books as an audit reads them, in pages: the running services (live-source.ts) or their files (store.ts). Every
 * method may raise AuditImpossible or BooksUnreadable.
 */
export interface AuditSource {
  /** What is audited, for people. */
  readonly title: string;
  /** While orders flow the ledger may lag behind the trade log; at rest a shorter one lacks rows. */
  readonly ledgerMayLag: boolean;
  /** Rest after each page, as a multiple of the time that it took, unless the caller says otherwise. */
  readonly pace: number;
  ledgerHead(): Promise<LedgerHead>;
  heads(): Promise<CatalogHeads>;
  /** By name, those after `after`. */
  stocks(after: string, limit: number): Promise<StockState[]>;
  /** Rows after number `after`, oldest first; fewer than `limit` only at the end of the log. Likewise the next two. */
  trades(after: number, limit: number): Promise<Trade[]>;
  changes(after: number, limit: number): Promise<Change[]>;
  ledger(after: number, limit: number): Promise<Trade[]>;
  /** Of the trades in that same page: the numbers of those whose order was refused too. */
  overlaps(after: number, limit: number): Promise<number[]>;
  /** What is wrong with the files themselves, in a line each. Absent where there are no files to look at. */
  integrity?(): Promise<string[]>;
}

/** The audit could not be carried out, which says nothing about the books. The message is one line for people. */
export class AuditImpossible extends Error {
  override readonly name = "AuditImpossible";
}

/** The books themselves cannot be read to the end: a finding, not a hindrance. */
export class BooksUnreadable extends Error {
  override readonly name = "BooksUnreadable";
}
