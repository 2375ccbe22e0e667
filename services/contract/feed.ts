import type { StockState } from "./stock.ts";

/** A stream of events from a service that runs for as long as both sides do. */
export interface Feed<Event> {
  /**
   * Every event from now on; heartbeats tell a quiet feed from a broken one. Ends when `signal` fires or the subscriber
   * does not read fast enough. Undefined when the service cannot be reached.
   */
  subscribe(signal: AbortSignal): Promise<AsyncIterable<Event> | undefined>;
}

/**
 * What the catalog tells its followers: whole states right after the commit that made them, and at every beat which
 * restoration of the market this is and how far its change log goes.
 */
export type CatalogEvent =
  { kind: "beat"; incarnation: number; changes: number } | { kind: "stocks"; stocks: StockState[] };

/** What the order service tells its followers: that it is there, and (once it has caught up) how far the ledger goes. */
export type LedgerEvent = { kind: "beat" } | { kind: "head"; trades: number };

/** A feed that is silent for `feedSilenceMs` is down; it beats often enough that a busy moment is not taken for that. */
export const feedBeatMs = 200;
export const feedSilenceMs = 1_000;
/**
 * Between two words to one follower: at every commit a feed would cost a third of what a lone order costs in all. What a
 * client of another frontend did is seen so much later at most.
 */
export const feedRestMs = 5;

/** An opening or an admin change, with its stock's whole state as it is now: that version or a later one. */
export interface StockChange {
  number: number;
  kind: string;
  /** Milliseconds since 1970. */
  at: number;
  stock: StockState;
}
