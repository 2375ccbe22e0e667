import type { CatalogReads } from "../../contract/catalog.ts";
import type { Reply } from "../../contract/reply.ts";
import type { StockState } from "../../contract/stock.ts";
import type { StockCache } from "./cache.ts";

/** How a lookup was answered; see `docs/glossary.md`. */
export type CacheUse = "hit" | "miss" | "bypass";

export type LookupReply = { body: Uint8Array; use: CacheUse } | Exclude<Reply<StockState>, { ok: true }>;

/** Answers lookups of one stock: from the cache while it is up, else from the catalog. */
export class StockLookup {
  readonly #catalog: Pick<CatalogReads, "stock">;
  readonly #cache: StockCache;
  readonly #isCacheOn: boolean;

  constructor(catalog: Pick<CatalogReads, "stock">, cache: StockCache, isCacheOn: boolean) {
    this.#catalog = catalog;
    this.#cache = cache;
    this.#isCacheOn = isCacheOn;
  }

  /** The reply body if the stock is cached; then it is a hit. */
  cached(name: string): Uint8Array | undefined {
    return this.#isCacheOn ? this.#cache.get(name) : undefined;
  }

  /**
   * Asks the catalog. Its reply is cached if the cache is up, whether or not the client wanted a cached answer.
   * Errors: those of CatalogReads.stock.
   */
  async ask(name: string, mustAskCatalog: boolean): Promise<LookupReply> {
    const use = this.#isCacheOn && this.#cache.isUp && !mustAskCatalog ? "miss" : "bypass";
    const lookup = this.#cache.begin(name);
    const reply = await this.#catalog.stock(name);
    if (reply.ok) return { body: this.#cache.end(lookup, reply.data), use };
    this.#cache.end(lookup);
    return reply;
  }
}
