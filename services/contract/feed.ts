import type { StockState } from "./stock.ts";

/** A stream of events from a service that runs for as long as both sides do. */
export interface Feed<Event> {
  /**
   * The first event is a heartbeat. From then on every published event arrives, in order, and a heartbeat every
   * `heartbeatMs`. Events that wait for a subscriber are coalesced. Ends when `signal` fires, when the service
   * closes, and when the subscriber reads too slowly. Undefined when the service cannot be reached.
   */
  subscribe(signal: AbortSignal): Promise<AsyncIterable<Event> | undefined>;
}

/**
 * From the catalog. `stocks`: whole states, right after their commit. `heartbeat`: the market's incarnation and the
 * number of the last change. A stock event does not carry that number: only an opening writes changes, and it ends
 * before the feed starts, so the heartbeat is early enough.
 */
export type CatalogEvent =
  { kind: "heartbeat"; incarnation: number; changes: number } | { kind: "stocks"; stocks: StockState[] };

/** From the order service. `head`: the ledger is complete up to the trade of this number. */
export type LedgerEvent = { kind: "heartbeat" } | { kind: "head"; trades: number };

/**
 * A feed without an event for `feedSilenceMs` is down. Five heartbeats fit in, so that one late heartbeat is no
 * failure.
 */
export const heartbeatMs = 200;
export const feedSilenceMs = 1_000;
/**
 * The least time between two events to one subscriber. Sending an event at every commit would cost a third of the
 * work of one order sent alone. A frontend sees the trades of other frontends later by at most this time.
 */
export const minEventIntervalMs = 5;

/** An opening or an admin change, with its stock's current state: of that version or a later one. */
export interface StockChange {
  number: number;
  kind: string;
  /** Milliseconds since 1970. */
  at: number;
  stock: StockState;
}
