import type { Market } from "./market.ts";
import type { LogHead, OrderType, Trade } from "./trade.ts";

/** The market that a ledger copies the trade log of. */
export type FollowedMarket = Pick<Market, "market_id" | "incarnation">;

/** Which rows of the ledger match; an undefined field matches every row. */
export interface LedgerFilter {
  name: string | undefined;
  type: OrderType | undefined;
  /** Whose orders. */
  client?: string | undefined;
}

/** The matching rows of one window. `next` is where the next window begins; null at the end of the ledger. */
export interface LedgerWindow {
  trades: Trade[];
  next: number | null;
}

/**
 * The ledger's store, whatever its engine: an exact copy of the trade log, in order and without gaps. Each method is
 * one transaction, durable across a crash of the process when it resolves; a crash of the machine may lose the last
 * rows. Every method can reject with a StoreFailure.
 */
export interface Ledger {
  /** Undefined for a new ledger. */
  market(): Promise<FollowedMarket | undefined>;
  /** Sets the market, or its new incarnation. Rejects when the ledger belongs to another market: that never changes. */
  follow(market: FollowedMarket): Promise<void>;
  /**
   * The last row; the market's origin when there is none; number 0 with an empty chain when there is no market
   * either.
   */
  head(): Promise<LogHead>;
  trade(number: number): Promise<Trade | undefined>;
  /** Appends rows that continue the ledger, all or none. */
  append(trades: readonly Trade[]): Promise<void>;
  /** At most `limit` matching rows after number `after`, from a bounded number of rows looked at. */
  window(after: number, limit: number, filter: LedgerFilter): Promise<LedgerWindow>;
  close(): Promise<void>;
}
