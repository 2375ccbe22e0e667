import { stockOf, type StockState } from "../contract/stock.ts";

/** A lookup under way at the catalog. */
export interface Lookup {
  readonly name: string;
  /** Its reply is kept from this version on: what was heard of its stock meanwhile. Infinity: it is not kept at all. */
  keptFrom: number;
}

interface Entry {
  version: number;
  body: Uint8Array;
}

export interface CacheOptions {
  maxStocks: number;
  /** A feed that was silent for this long is down, whether or not its cut was noticed yet. */
  silenceMs: number;
  now?: () => number;
}

/**
 * Looked-up stocks as ready reply bytes. Only a higher version replaces one. It is kept true by whole states: those
 * of our own trades, and those of the catalog's feed; while the feed is down it neither answers nor keeps anything.
 * Bounded: the stock that was not asked for the longest goes first.
 */
export class StockCache {
  readonly #maxStocks: number;
  readonly #silenceMs: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #lookups = new Map<string, Set<Lookup>>();
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor({ maxStocks, silenceMs, now = () => performance.now() }: CacheOptions) {
    this.#maxStocks = maxStocks;
    this.#silenceMs = silenceMs;
    this.#now = now;
  }

  /** Whether a hit is true: the feed stands. */
  get isUp(): boolean {
    return this.#now() - this.#heardAt < this.#silenceMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The feed stands anew. What it said while we were not listening is lost, so nothing of before is kept. */
  feedUp(): void {
    this.#forget();
    this.heard();
  }

  /** The feed said something, if only that it stands. */
  heard(): void {
    if (!this.isUp) this.#forget();
    this.#heardAt = this.#now();
  }

  feedDown(): void {
    this.#heardAt = Number.NEGATIVE_INFINITY;
    this.#forget();
  }

  /** The reply to a lookup, or undefined: then ask the catalog. */
  get(name: string): Uint8Array | undefined {
    if (!this.isUp) return undefined;
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry.body;
  }

  /** A state that was committed, from the feed or from a trade of ours. */
  apply(state: StockState): void {
    this.#raise(state.name, state.version);
    const entry = this.#entries.get(state.name);
    if (entry && state.version > entry.version) this.#entries.set(state.name, entryOf(state));
  }

  /** A version that a client is about to be told of, without the whole state: nothing older may be the next answer. */
  seen(name: string, version: number): void {
    this.#raise(name, version);
    if ((this.#entries.get(name)?.version ?? version) < version) this.#entries.delete(name);
  }

  /** Call before the catalog is asked. */
  begin(name: string): Lookup {
    const lookup = { name, keptFrom: this.isUp ? 0 : Infinity };
    const others = this.#lookups.get(name);
    if (others) others.add(lookup);
    else this.#lookups.set(name, new Set([lookup]));
    return lookup;
  }

  /** Call with what the catalog answered, or without when it did not. Returns the reply's bytes. */
  end(lookup: Lookup, state: StockState): Uint8Array;
  end(lookup: Lookup): undefined;
  end(lookup: Lookup, state?: StockState): Uint8Array | undefined {
    const others = this.#lookups.get(lookup.name);
    others?.delete(lookup);
    if (others?.size === 0) this.#lookups.delete(lookup.name);
    if (!state) return undefined;
    const entry = entryOf(state);
    this.#raise(state.name, state.version);
    const kept = this.#entries.get(lookup.name);
    if (kept && kept.version >= state.version) return entry.body;
    if (state.version >= lookup.keptFrom) this.#keep(lookup.name, entry);
    // Whoever gets this reply has seen more than the cache has: what it has must not be the next answer.
    else this.#entries.delete(lookup.name);
    return entry.body;
  }

  #keep(name: string, entry: Entry): void {
    this.#entries.set(name, entry);
    if (this.#entries.size <= this.#maxStocks) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }

  // A state that someone has seen by now: a lookup that began before must not put an older one in its place.
  #raise(name: string, version: number): void {
    for (const lookup of this.#lookups.get(name) ?? []) lookup.keptFrom = Math.max(lookup.keptFrom, version);
  }

  #forget(): void {
    this.#entries.clear();
    for (const lookups of this.#lookups.values()) for (const lookup of lookups) lookup.keptFrom = Infinity;
  }
}

const encoder = new TextEncoder();

function entryOf(state: StockState): Entry {
  return { version: state.version, body: encoder.encode(JSON.stringify({ data: stockOf(state) })) };
}
