import type { OrderOutcome, SubmitReply } from "../../contract/order.ts";
import { stockOf, type StockState } from "../../contract/stock.ts";
import type { Clock } from "../../runtime/flow/clock.ts";
import { Lru } from "./lru.ts";

/** A lookup that was sent to the catalog and is not answered yet. */
export interface Lookup {
  readonly name: string;
  /**
   * The lowest version that may be cached when the reply comes: the highest one seen of this stock since the lookup
   * began. Infinity: the reply is not cached, because the feed was down at some time since then.
   */
  minVersion: number;
}

interface Entry {
  version: number;
  body: Uint8Array;
}

export interface CacheOptions {
  maxStocks: number;
  /** A feed without an event for this long counts as down, whether or not its connection broke. */
  silenceMs: number;
  clock: Pick<Clock, "now">;
}

/**
 * Looked-up stocks as ready reply bodies. Bounded: the least recently looked-up stock is evicted.
 *
 * The cache is *up* while the catalog's feed is: from `feedUp` until `feedDown`, or until `silenceMs` pass without an
 * event. Down, it answers nothing and keeps nothing. Each change from down to up empties it, because events may have
 * been missed.
 *
 * Writers: `apply` and `applyOwnTrades` (committed states), `end` (the catalog's reply to a lookup).
 * Invariant, while up: an entry is never older than what any client of this frontend was answered about that stock,
 * and never older than the events received. So an entry is replaced by a higher version only, and the reply to a lookup
 * is cached only if no higher version was seen since the lookup began.
 */
export class StockCache {
  readonly #silenceMs: number;
  readonly #clock: Pick<Clock, "now">;
  readonly #entries: Lru<Entry>;
  readonly #lookups = new Map<string, Set<Lookup>>();
  #lastEventAtMs = Number.NEGATIVE_INFINITY;

  constructor({ maxStocks, silenceMs, clock }: CacheOptions) {
    this.#entries = new Lru(maxStocks);
    this.#silenceMs = silenceMs;
    this.#clock = clock;
  }

  /** Whether the cache may answer. */
  get isUp(): boolean {
    return this.#clock.now() - this.#lastEventAtMs < this.#silenceMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The feed is connected again: events may have been missed, so the cache is emptied. */
  feedUp(): void {
    this.#empty();
    this.eventReceived();
  }

  /** Call on every event of the feed, heartbeats included. */
  eventReceived(): void {
    if (!this.isUp) this.#empty();
    this.#lastEventAtMs = this.#clock.now();
  }

  feedDown(): void {
    this.#lastEventAtMs = Number.NEGATIVE_INFINITY;
    this.#empty();
  }

  /** The reply body for this stock, or undefined: then ask the catalog. */
  get(name: string): Uint8Array | undefined {
    return this.isUp ? this.#entries.use(name)?.body : undefined;
  }

  /** A committed state, from the feed or from an order of this frontend. */
  apply(state: StockState): void {
    this.#raiseMinVersion(state.name, state.version);
    const entry = this.#entries.peek(state.name);
    if (entry && state.version > entry.version) this.#entries.set(state.name, entryOf(state));
  }

  /**
   * The outcomes of this frontend's own orders. Call before the orders are answered: a lookup after the answer must
   * show the trade. A replayed trade comes with its stock's version only, so an older entry is dropped.
   */
  applyOwnTrades(orders: readonly { name: string }[], { outcomes, stocks }: SubmitReply): void {
    for (const stock of stocks) this.apply(stock);
    for (const [index, { name }] of orders.entries()) {
      const version = versionIn(outcomes[index]);
      if (version !== undefined) this.#versionSeen(name, version);
    }
  }

  /** Call before the catalog is asked. */
  begin(name: string): Lookup {
    const lookup = { name, minVersion: this.isUp ? 0 : Infinity };
    const others = this.#lookups.get(name);
    if (others) others.add(lookup);
    else this.#lookups.set(name, new Set([lookup]));
    return lookup;
  }

  /** Call with the catalog's answer, or without a state when there is none. Returns the reply body. */
  end(lookup: Lookup, state: StockState): Uint8Array;
  end(lookup: Lookup): undefined;
  end(lookup: Lookup, state?: StockState): Uint8Array | undefined {
    const others = this.#lookups.get(lookup.name);
    others?.delete(lookup);
    if (others?.size === 0) this.#lookups.delete(lookup.name);
    if (!state) return undefined;
    const entry = entryOf(state);
    this.#raiseMinVersion(state.name, state.version);
    const cached = this.#entries.peek(lookup.name);
    if (cached && cached.version >= state.version) return entry.body;
    if (state.version >= lookup.minVersion) this.#entries.set(lookup.name, entry);
    // The client that gets this reply must not be answered with the older cached state afterwards.
    else this.#entries.delete(lookup.name);
    return entry.body;
  }

  // A client is about to be answered with this version, and its state is not known here.
  #versionSeen(name: string, version: number): void {
    this.#raiseMinVersion(name, version);
    if ((this.#entries.peek(name)?.version ?? version) < version) this.#entries.delete(name);
  }

  // A reply to a lookup that began before this version was seen may be older than it.
  #raiseMinVersion(name: string, version: number): void {
    for (const lookup of this.#lookups.get(name) ?? [])
      lookup.minVersion = Math.max(lookup.minVersion, version);
  }

  #empty(): void {
    this.#entries.clear();
    for (const lookups of this.#lookups.values()) for (const lookup of lookups) lookup.minVersion = Infinity;
  }
}

function versionIn(outcome: OrderOutcome | undefined): number | undefined {
  return outcome?.kind === "traded" ? outcome.fill.stock_version : undefined;
}

const encoder = new TextEncoder();

function entryOf(state: StockState): Entry {
  return { version: state.version, body: encoder.encode(JSON.stringify({ data: stockOf(state) })) };
}
