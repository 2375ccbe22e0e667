import type { Reply } from "../contract/reply.ts";
import type { StockState } from "../contract/stock.ts";
import type {} from "../runtime/http/peer.ts";
import type { StockCache } from "./cache.ts";
import type { Peers } from "./peers.ts";

export type CacheUse = "hit" | "miss" | "bypass";

export type LookupReply = { body: Uint8Array; use: CacheUse } | Exclude<Reply<StockState>, { ok: true }>;

/**
 * Answers lookups, from the cache where that is true. A miss asks the catalog and keeps its reply; a bypass (the
 * client wants it, the feed is down, or the cache is off) asks too.
 */
export class StockLookup {
  readonly #peers: Pick<Peers, "stock">;
  readonly #cache: StockCache;
  readonly #isOn: boolean;

  constructor(peers: Pick<Peers, "stock">, cache: StockCache, isOn: boolean) {
    this.#peers = peers;
    this.#cache = cache;
    this.#isOn = isOn;
  }

  /** The ready reply, when it is in memory and true. */
  cached(name: string): Uint8Array | undefined {
    return this.#isOn ? this.#cache.get(name) : undefined;
  }

  async ask(name: string, isFreshWanted: boolean): Promise<LookupReply> {
    const use = this.#isOn && this.#cache.isUp && !isFreshWanted ? "miss" : "bypass";
    const lookup = this.#cache.begin(name);
    const reply = await this.#peers.stock(name);
    if (reply.ok) return { body: this.#cache.end(lookup, reply.data), use };
    this.#cache.end(lookup);
    return reply;
  }
}
