import type { CatalogReads } from "../../contract/catalog.ts";
import type { OrderOutcome, SubmitReply } from "../../contract/order.ts";
import type { Reply } from "../../contract/reply.ts";
import { stockOf, type StockState } from "../../contract/stock.ts";
import type { Clock } from "../../runtime/flow/clock.ts";

/** How a lookup was answered; see `docs/glossary.md`. */
export type CacheUse = "hit" | "miss" | "bypass";

export type LookupReply = { body: Uint8Array; use: CacheUse } | Exclude<Reply<StockState>, { ok: true }>;

/** A lookup that was sent to the catalog and is not answered yet. */
export interface Lookup {
  readonly name: string;
  /**
   * The lowest version that may be cached when the reply comes: the highest one seen of this stock since the lookup
   * began. Infinity: the reply is not cached, because the feed was down at some time since then.
   */
  minVersion: number;
}

/** A cached stock. It is its own node of the list by use, so that a cached stock is one object. */
interface Entry {
  readonly name: string;
  version: number;
  body: Uint8Array;
  newer: Entry;
  older: Entry;
}

export interface CacheOptions {
  catalog: Pick<CatalogReads, "stock">;
  maxStocks: number;
  /** False: never up, so that every lookup is sent to the catalog. */
  isOn: boolean;
  /** A feed without an event for this long counts as down, whether or not its connection broke. */
  silenceMs: number;
  clock: Pick<Clock, "now">;
}

/**
 * Answers lookups of one stock: from looked-up stocks, kept as ready reply bodies, or from the catalog. Bounded: the least
 * recently looked-up stock is evicted. The order of use is a doubly linked list beside the Map: in a Map that is also
 * the list, by `delete` and `set` on each use, a deleted entry stays in its hash chain until the table is rebuilt, so
 * that one stock looked up often among many costs more and more.
 *
 * The cache is *up* while the catalog's feed is: from `feedUp` until `feedDown`, or until `silenceMs` pass without an
 * event. Down, it answers nothing and keeps nothing. Each change from down to up empties it, because events may have
 * been missed.
 *
 * Writers: `apply` and `applyOwnTrades` (committed states), `end` (the catalog's reply to a lookup).
 * Invariant, while up: an entry is never older than what any client of this frontend was answered about that stock,
 * and never older than the events received. So an entry is replaced by a higher version only, and the reply to a lookup
 * is cached only if no higher version was seen since the lookup began. Every entry of the list but `#ring` is the value
 * of its name in `#entries`, and nothing else is.
 */
export class StockCache {
  readonly #catalog: Pick<CatalogReads, "stock">;
  readonly #maxStocks: number;
  readonly #isOn: boolean;
  readonly #silenceMs: number;
  readonly #clock: Pick<Clock, "now">;
  readonly #entries = new Map<string, Entry>();
  /** Between the most recently used entry (`older`) and the least recently used one (`newer`). No stock. */
  readonly #ring = newRing();
  readonly #lookups = new Map<string, Set<Lookup>>();
  #lastEventAtMs = Number.NEGATIVE_INFINITY;

  constructor({ catalog, maxStocks, isOn, silenceMs, clock }: CacheOptions) {
    this.#catalog = catalog;
    this.#maxStocks = maxStocks;
    this.#isOn = isOn;
    this.#silenceMs = silenceMs;
    this.#clock = clock;
  }

  /** Whether the cache may answer. */
  get isUp(): boolean {
    return this.#isOn && this.#clock.now() - this.#lastEventAtMs < this.#silenceMs;
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
    const entry = this.isUp ? this.#entries.get(name) : undefined;
    if (entry && this.#ring.older !== entry) {
      unlink(entry);
      insertBefore(this.#ring, entry);
    }
    return entry?.body;
  }

  /**
   * Asks the catalog. Its reply is cached if the cache is up, whether or not the client wanted a cached answer.
   * Errors: those of CatalogReads.stock.
   */
  async ask(name: string, mustAskCatalog: boolean): Promise<LookupReply> {
    const use = this.isUp && !mustAskCatalog ? "miss" : "bypass";
    const lookup = this.begin(name);
    const reply = await this.#catalog.stock(name).catch((error: unknown) => {
      this.end(lookup);
      throw error;
    });
    if (reply.ok) return { body: this.end(lookup, reply.data), use };
    this.end(lookup);
    return reply;
  }

  /** A committed state, from the feed or from an order of this frontend. */
  apply(state: StockState): void {
    this.#raiseMinVersion(state.name, state.version);
    const entry = this.#entries.get(state.name);
    if (entry && state.version > entry.version) this.#set(state, bodyOf(state));
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
    const body = bodyOf(state);
    this.#raiseMinVersion(state.name, state.version);
    const cached = this.#entries.get(lookup.name);
    if (cached && cached.version >= state.version) return body;
    if (state.version >= lookup.minVersion) this.#set(state, body);
    // The client that gets this reply must not be answered with the older cached state afterwards.
    else this.#delete(cached);
    return body;
  }

  // A client is about to be answered with this version, and its state is not known here.
  #versionSeen(name: string, version: number): void {
    this.#raiseMinVersion(name, version);
    const cached = this.#entries.get(name);
    if (cached && cached.version < version) this.#delete(cached);
  }

  // A reply to a lookup that began before this version was seen may be older than it.
  #raiseMinVersion(name: string, version: number): void {
    for (const lookup of this.#lookups.get(name) ?? [])
      lookup.minVersion = Math.max(lookup.minVersion, version);
  }

  // A new entry counts as a use, a replaced state does not.
  #set({ name, version }: StockState, body: Uint8Array): void {
    const known = this.#entries.get(name);
    if (known) {
      known.version = version;
      known.body = body;
      return;
    }
    const entry = { name, version, body, newer: this.#ring, older: this.#ring };
    this.#entries.set(name, entry);
    insertBefore(this.#ring, entry);
    if (this.#entries.size > this.#maxStocks) this.#delete(this.#ring.newer);
  }

  #delete(entry: Entry | undefined): void {
    if (!entry) return;
    this.#entries.delete(entry.name);
    unlink(entry);
  }

  #deleteAll(): void {
    this.#entries.clear();
    this.#ring.newer = this.#ring.older = this.#ring;
  }

  #empty(): void {
    this.#deleteAll();
    for (const lookups of this.#lookups.values()) for (const lookup of lookups) lookup.minVersion = Infinity;
  }
}

function versionIn(outcome: OrderOutcome | undefined): number | undefined {
  return outcome?.kind === "traded" ? outcome.fill.stock_version : undefined;
}

const encoder = new TextEncoder();

function bodyOf(state: StockState): Uint8Array {
  return encoder.encode(JSON.stringify({ data: stockOf(state) }));
}

function newRing(): Entry {
  const ring = { name: "", version: 0, body: new Uint8Array() } as Entry;
  ring.newer = ring.older = ring;
  return ring;
}

/** Makes `entry` the most recently used one. */
function insertBefore(ring: Entry, entry: Entry): void {
  entry.newer = ring;
  entry.older = ring.older;
  ring.older.newer = entry;
  ring.older = entry;
}

function unlink(entry: Entry): void {
  entry.newer.older = entry.older;
  entry.older.newer = entry.newer;
}
