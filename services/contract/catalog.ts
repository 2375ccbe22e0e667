import type { BatchReply } from "./batch-reply.ts";
import type { Change } from "./change.ts";
import type { CatalogEvent, Feed, StockChange } from "./feed.ts";
import type { CatalogHeads } from "./heads.ts";
import type { EpochRequest, Market } from "./market.ts";
import type { BatchRequest } from "./order.ts";
import type { Reply } from "./reply.ts";
import type { StockState } from "./stock.ts";
import type { Trade } from "./trade.ts";

/**
 * The catalog's committed state. Each method is one snapshot. Any of them can also answer `unavailable` or
 * `overloaded`; `limit` is 1 to `limits.pageItems`.
 */
export interface CatalogReads {
  /** Errors: stock_not_found. */
  stock(name: string): Promise<Reply<StockState>>;
  /** The stocks after the name `after`, sorted by name. `""`: from the first stock. */
  stocks(after: string, limit: number): Promise<Reply<{ stocks: StockState[] }>>;
  /** The trade log after number `after`. */
  trades(after: number, limit: number): Promise<Reply<{ trades: Trade[] }>>;
  /** The change log after number `after`. */
  changes(after: number, limit: number): Promise<Reply<{ changes: Change[] }>>;
  /** The change log after number `after`, each change with its stock's current state. */
  stockChanges(after: number, limit: number): Promise<Reply<{ changes: StockChange[] }>>;
  /**
   * Numbers of those trades in `trades(after, limit)` whose order was also refused. Empty, unless the books are
   * damaged.
   */
  overlaps(after: number, limit: number): Promise<Reply<{ numbers: number[] }>>;
  heads(): Promise<Reply<CatalogHeads>>;
}

/** The catalog's decisions. Each method is one transaction, which is synced to the disk before the method resolves. */
export interface CatalogWrites {
  /**
   * Replaces the epoch that the request names by the next one. Errors: stale_epoch, ledger_mismatch, ledger_ahead,
   * storage_full, unavailable, invalid_request; nothing was written.
   */
  acquireEpoch(request: EpochRequest): Promise<Reply<Market>>;
  /**
   * Decides a batch; what becomes of each order is in the reply. `signal` gives up waiting, not the decision.
   * Errors: stale_epoch, ledger_mismatch, ledger_ahead, unavailable, invalid_request; nothing was written.
   */
  decide(request: BatchRequest, signal?: AbortSignal): Promise<Reply<BatchReply>>;
}

/** The catalog as other services see it: an object in this process, or a client of one in another process. */
export interface Catalog extends CatalogReads, CatalogWrites {
  readonly feed: Feed<CatalogEvent>;
  isReady(): Promise<boolean>;
}
