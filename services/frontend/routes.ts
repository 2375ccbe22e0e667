import type { Reply } from "../contract/reply.ts";
import { Elysia, t } from "elysia";

import { limits } from "../contract/limits.ts";
import { readOrder } from "../contract/order-input.ts";
import type { OrderBody, OrderOutcome } from "../contract/order.ts";
import { stockOf } from "../contract/stock.ts";
import { orderViewOf, receiptOf, type Fill } from "../contract/trade.ts";
import { HttpFailure } from "../runtime/http/http-failure.ts";
import { strictJson } from "../runtime/http/json-body.ts";
import type {} from "../runtime/http/peer.ts";
import type { AuditRunner } from "../../books/audit/runner.ts";
import type { Access, Caller } from "./access/access.ts";
import { readBatch } from "./batch.ts";
import type { MarketLogs } from "./events/market-logs.ts";
import { eventsReply } from "./events/reply.ts";
import type { Role } from "./access/roles.ts";
import type { OrderEntry } from "./order-entry.ts";
import type { Peers } from "./peers.ts";
import {
  queryOf,
  readCursor,
  readEventCursor,
  readKey,
  readLimit,
  readNameFilter,
  readPositiveInteger,
  readStockName,
  readTypeFilter,
} from "./query.ts";
import { jsonHeaders } from "./default-headers.ts";
import type { CacheUse, StockLookup } from "./stock-lookup.ts";

export interface FrontendDeps {
  access: Access;
  audits: AuditRunner;
  peers: Peers;
  lookup: StockLookup;
  orders: OrderEntry;
  hub: MarketLogs;
}

/** The public API. */
export function frontendRoutes({ access, audits, peers, lookup, orders, hub }: FrontendDeps) {
  const admit = (request: Request, set: Replying, needed: Role): Caller => {
    const caller = access.admit(request, needed);
    Object.assign(set.headers, caller.headers);
    return caller;
  };
  // Reads the body only of who may trade.
  const traderParser = (maxBytes: number) => {
    const parse = strictJson(maxBytes);
    return async ({ request, set }: { request: Request; set: Replying }): Promise<unknown> => {
      admit(request, set, "trader");
      return parse({ request });
    };
  };
  const parseOrder = traderParser(limits.orderBodyBytes);
  const parseBatch = traderParser(limits.batchBodyBytes);
  return new Elysia({ name: "frontend-routes", normalize: false })
    .get("/stocks/:name", ({ params: { name }, request, set }) => {
      const caller = admit(request, set, "reader");
      const isFreshWanted = request.headers.get("cache-control")?.includes("no-cache") ?? false;
      const kept = isFreshWanted ? undefined : lookup.cached(name);
      // Not in an async function: a hit needs no promise.
      if (kept) return stockReply(kept, "hit", caller, set);
      return lookup
        .ask(readStockName(name), isFreshWanted)
        .then((reply) => ("body" in reply ? stockReply(reply.body, reply.use, caller, set) : found(reply)));
    })
    .get("/stocks", async ({ request, set }) => {
      admit(request, set, "reader");
      const query = queryOf(request.url);
      const limit = readLimit(query, limits.pageItems);
      const { stocks } = found(await peers.stocks(readNameFilter(query, "after") ?? "", limit));
      return {
        data: stocks.map(stockOf),
        next: stocks.length === limit ? (stocks.at(-1)?.name ?? null) : null,
      };
    })
    .post(
      "/orders",
      async ({ body, headers, request, set }) => {
        const { client } = access.callerOf(request);
        const input = readOrder(body);
        if (!input.order) throw new HttpFailure("invalid_request", input.wrong);
        const key = readKey(headers["idempotency-key"]) ?? Bun.randomUUIDv7();
        const outcome = await orders.place(client, key, input.order);
        if (outcome.kind !== "failed" && outcome.replayed) set.headers["idempotency-replayed"] = "true";
        return { data: receiptOf(input.order, filled(outcome, key)) };
      },
      { parse: parseOrder, body: t.Unsafe<OrderBody>(t.Any()) },
    )
    .post(
      "/orders/batch",
      async ({ body, headers, request, set }) => {
        const items = readBatch(body, readKey(headers["idempotency-key"]));
        if (!orders.hasRoom(items.length)) throw overloaded();
        const caller = access.charge(request, items.length);
        Object.assign(set.headers, caller.headers);
        return { data: await orders.placeMany(caller.client, items) };
      },
      { parse: parseBatch, body: t.Unsafe<BatchBody>(t.Any()) },
    )
    .get("/orders/:number", async ({ params, request, set }) => {
      const caller = admit(request, set, "reader");
      const trade = found(await peers.trade(readPositiveInteger(params.number, "number")));
      if (!maySee(caller, trade.client)) throw new HttpFailure("order_not_found");
      return { data: orderViewOf(trade) };
    })
    .get("/orders", async ({ request, set }) => {
      const caller = admit(request, set, "reader");
      const query = queryOf(request.url);
      const name = readNameFilter(query, "name");
      const type = readTypeFilter(query);
      const page = found(
        await peers.trades({
          after: readCursor(query),
          limit: readLimit(query, 100),
          ...(name && { name }),
          ...(type && { type }),
          ...(caller.role !== "admin" && { client: caller.client }),
        }),
      );
      return { data: page.trades.map(orderViewOf), next: page.next };
    })
    .get("/audit", ({ request, set }) => {
      admit(request, set, "reader");
      return { data: audits.ask() };
    })
    .get("/events", ({ request, query, set }) => {
      const { ended } = admit(request, set, "reader");
      const from = readEventCursor(request.headers.get("last-event-id") ?? query["after"]);
      const { heads } = hub;
      if (!heads) throw new HttpFailure("unavailable");
      const signal = ended ? AbortSignal.any([request.signal, ended]) : request.signal;
      return eventsReply(hub, heads, from, signal);
    });
}

interface Replying {
  headers: Record<string, string | number>;
}

/** Another client's order is not there, for all that anyone can tell. */
function maySee(caller: Caller, client: string): boolean {
  return caller.role === "admin" || caller.client === client;
}

interface BatchBody {
  orders: (OrderBody & { idempotency_key?: string })[];
}

function overloaded(): HttpFailure {
  return new HttpFailure("overloaded");
}

// A Response takes over a Headers faster than an object.
const stockHeaders: Record<CacheUse, Headers> = {
  hit: new Headers({ ...jsonHeaders, "x-cache": "hit" }),
  miss: new Headers({ ...jsonHeaders, "x-cache": "miss" }),
  bypass: new Headers({ ...jsonHeaders, "x-cache": "bypass" }),
};

/** A reply with all its headers: whatever else stands in `set` makes Elysia build the whole Response once more. */
function stockReply(body: Uint8Array, use: CacheUse, caller: Caller, set: Replying): Response {
  set.headers = { ...caller.headers };
  return new Response(body as Uint8Array<ArrayBuffer>, { headers: stockHeaders[use] });
}

function filled(outcome: OrderOutcome, key: string): Fill {
  if (outcome.kind === "traded") return outcome.fill;
  throw new HttpFailure(outcome.reason, undefined, {
    ...(outcome.kind === "refused" && outcome.replayed && { "idempotency-replayed": "true" }),
    ...(outcome.reason === "outcome_unknown" && { "idempotency-key": key }),
  });
}

/** What a peer answered; its refusal, or its absence, is ours. */
function found<T>(reply: Reply<T>): T {
  if (reply.ok) return reply.data;
  if (reply.arrived === "yes" && reply.reason === "overloaded") throw overloaded();
  if (reply.arrived === "yes" && reply.reason !== "unavailable") throw new HttpFailure(reply.reason);
  throw new HttpFailure("unavailable");
}
