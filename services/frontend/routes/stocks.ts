import { Elysia } from "elysia";
import { Type } from "@sinclair/typebox";

import type { CatalogReads } from "../../contract/catalog.ts";
import { limits } from "../../contract/limits.ts";
import { StockName, stockOf } from "../../contract/stock.ts";
import type { Access, Caller } from "../access/access.ts";
import { jsonHeaders } from "../default-headers.ts";
import type { CacheUse, StockCache } from "../stocks/cache.ts";
import { admitting } from "./caller.ts";
import { documented, type Parameter } from "./documentation.ts";
import { dataIn } from "./peer-reply.ts";
import { queryOf, readLimit, readNameFilter, readStockName } from "./query.ts";
import { dataOf, examples, pageOf, StockView } from "./schemas.ts";

export interface StockDeps {
  access: Access;
  cache: StockCache;
  catalog: Pick<CatalogReads, "stocks">;
}

const cacheControl: Parameter = {
  name: "Cache-Control",
  in: "header",
  description: "`no-cache`: ask the catalog, whatever is cached.",
  schema: Type.String(),
};

const stockCall = documented({
  summary: "One stock",
  tag: "stocks",
  role: "reader",
  parameters: [
    { name: "name", in: "path", description: "The stock's name, in its exact case.", schema: StockName },
    cacheControl,
  ],
  success: {
    description: "The stock as it is.",
    schema: dataOf(StockView),
    example: { data: examples.stock },
    headers: {
      "x-cache": {
        description: "`hit`: from memory; `miss`: asked the catalog; `bypass`: asked it without the cache.",
        schema: Type.Union([Type.Literal("hit"), Type.Literal("miss"), Type.Literal("bypass")]),
      },
    },
  },
  failures: ["stock_not_found", "invalid_request", "overloaded", "unavailable"],
});

const stocksCall = documented({
  summary: "All stocks, by name",
  tag: "stocks",
  role: "reader",
  parameters: [
    { name: "after", in: "query", description: "The stocks after this name.", schema: StockName },
    {
      name: "limit",
      in: "query",
      description: `Stocks of one page. Default: ${limits.pageItems}.`,
      schema: Type.Integer({ minimum: 1, maximum: limits.pageItems }),
    },
  ],
  success: {
    description: "A page. `next` is the `after` of the next page.",
    schema: pageOf(StockView, StockName),
    example: { data: [examples.stock], next: null },
  },
  failures: ["invalid_request", "overloaded", "unavailable"],
});

export function stockRoutes({ access, cache, catalog }: StockDeps) {
  return new Elysia({ normalize: false })
    .use(admitting(access, "reader"))
    .get(
      "/stocks/:name",
      async ({ params: { name }, request, caller }) => {
        const mustAskCatalog = asksForFresh(request);
        const cached = mustAskCatalog || notCached.get(request) === name ? undefined : cache.get(name);
        if (cached) return stockReply(cached, "hit", caller);
        const reply = await cache.ask(readStockName(name), mustAskCatalog);
        if ("body" in reply) return stockReply(reply.body, reply.use, caller);
        return dataIn(reply);
      },
      stockCall,
    )
    .get(
      "/stocks",
      async ({ request }) => {
        const query = queryOf(request.url);
        const limit = readLimit(query, limits.pageItems);
        const { stocks } = dataIn(await catalog.stocks(readNameFilter(query, "after") ?? "", limit));
        return {
          data: stocks.map(stockOf),
          next: stocks.length === limit ? (stocks.at(-1)?.name ?? null) : null,
        };
      },
      stocksCall,
    );
}

/** Before the name in the path of one stock. */
export const stockPathPrefix = "/stocks/";

/** The name that `cachedStockReplies` did not find in the cache: the route does not look for it again. */
const notCached = new WeakMap<Request, string>();

/**
 * Answers `GET /stocks/<name>` without Elysia when the stock is cached and the caller is admitted: the same access
 * check, headers and body as the route. Undefined for every other request, and for one that access
 * refuses: the route answers those. (A refused call takes nothing from a rate, so checking twice does no harm.)
 * `name` is what follows the prefix in the URL: an encoded name, or a URL with a query, is the name of no cached stock.
 */
export function cachedStockReplies({ access, cache }: Pick<StockDeps, "access" | "cache">) {
  return (request: Request, name: string): Response | undefined => {
    if (request.method !== "GET" || asksForFresh(request)) return undefined;
    const cached = cache.get(name);
    if (!cached) {
      notCached.set(request, name);
      return undefined;
    }
    try {
      return stockReply(cached, "hit", access.admit(request, "reader"));
    } catch {
      return undefined;
    }
  };
}

function asksForFresh(request: Request): boolean {
  return request.headers.get("cache-control")?.includes("no-cache") ?? false;
}

const headersOf = (use: CacheUse) => ({ ...jsonHeaders, "x-cache": use });

// A Response takes over a Headers faster than an object.
const stockHeaders: Record<CacheUse, Headers> = {
  hit: new Headers(headersOf("hit")),
  miss: new Headers(headersOf("miss")),
  bypass: new Headers(headersOf("bypass")),
};

function stockReply(body: Uint8Array, use: CacheUse, caller: Caller): Response {
  const headers = caller.bucket ? { ...headersOf(use), ...caller.headers } : stockHeaders[use];
  return new Response(body as Uint8Array<ArrayBuffer>, { headers });
}
