import { treaty } from "@elysiajs/eden";

import type { App as CatalogApp } from "../catalog/app.ts";
import type { Catalog, CatalogReads } from "../contract/catalog.ts";
import type { LedgerQuery, OrderService } from "../contract/order-service.ts";
import { rejected, type Reply } from "../contract/reply.ts";
import type { App as OrderApp } from "../order/app.ts";
import { feedOf } from "../runtime/feed/feed-subscription.ts";
import type { RuntimeContext } from "../runtime/context.ts";
import type { Clock } from "../runtime/flow/clock.ts";
import { withDeadline } from "../runtime/flow/deadline.ts";
import { RetryBudget } from "../runtime/flow/retry-budget.ts";
import { Semaphore } from "../runtime/flow/semaphore.ts";
import { peerCaller, type TreatyReply } from "../runtime/http/peer.ts";
import { treatyOptions } from "../runtime/http/treaty-options.ts";

/** The part of the catalog that a frontend uses: it decides nothing. */
export type ReadableCatalog = CatalogReads & Pick<Catalog, "feed" | "isReady">;

const readTimeoutMs = 2_000;
/** A read that failed later than this is not tried again: its client has waited long enough. */
const retryWithinMs = 500;
/** Bun allows 256 calls in flight: reads must leave room for orders and feeds. */
const readLimits = { maxAtOnce: 64, maxWaiting: 4_000, maxWaitMs: 500 };

type PeerContext = Pick<RuntimeContext, "clock" | "fetch" | "observePeer">;

/** The catalog in another process. A name is encoded, because Eden puts path parameters into the URL as they are. */
export function catalogPeer(
  target: string | CatalogApp,
  serviceSecret: string | undefined,
  context: PeerContext,
): ReadableCatalog {
  const catalog = treaty<CatalogApp>(target, treatyOptions(serviceSecret, context.fetch));
  const { read } = callsOf("catalog", context);
  return {
    stock: (name) =>
      read("stock", (options) => catalog.stocks({ name: encodeURIComponent(name) }).get(options)),
    stocks: (after, limit) =>
      read("stocks", (options) => catalog.stocks.get({ query: { after, limit }, ...options })),
    trades: (after, limit) =>
      read("trades", (options) => catalog.trades.get({ query: { after, limit }, ...options })),
    changes: (after, limit) =>
      read("changes", (options) => catalog.changes.get({ query: { after, limit }, ...options })),
    stockChanges: (after, limit) =>
      read("stockChanges", (options) =>
        catalog["stock-changes"].get({ query: { after, limit }, ...options }),
      ),
    overlaps: (after, limit) =>
      read("overlaps", (options) => catalog.overlaps.get({ query: { after, limit }, ...options })),
    heads: () => read("heads", (options) => catalog.heads.get(options)),
    feed: {
      subscribe: async (signal) => feedOf((await catalog.feed.get({ fetch: { signal } })).data),
    },
    isReady: async () => (await read("isReady", (options) => catalog.readyz.get(options))).ok,
  };
}

/** The order service in another process. */
export function orderPeer(
  target: string | OrderApp,
  serviceSecret: string | undefined,
  context: PeerContext,
): OrderService {
  const order = treaty<OrderApp>(target, treatyOptions(serviceSecret, context.fetch));
  const { call, read } = callsOf("order", context);
  const head = () => read("head", (options) => order.head.get(options));
  return {
    submit: (request, signal) => call("submit", order.orders.post(request, signal && { fetch: { signal } })),
    trade: (number) => read("trade", (options) => order.ledger({ number }).get(options)),
    ledgerPage: (query) =>
      read("ledgerPage", (options) => order.ledger.get({ query: withoutUndefined(query), ...options })),
    head,
    feed: {
      subscribe: async (signal) => feedOf((await order.feed.get({ fetch: { signal } })).data),
    },
    // The head is asked for too: unlike the health checks it needs the service secret, as orders do.
    isReady: async () =>
      (await read("isReady", (options) => order.readyz.get(options))).ok && (await head()).ok,
  };
}

/** The same catalog, with reads that are bounded in number and tried once more when the transport failed. */
export function boundedCatalog(catalog: ReadableCatalog, clock: Clock): ReadableCatalog {
  const bounded = boundedReads(clock);
  return {
    stock: (name) => bounded(() => catalog.stock(name)),
    stocks: (after, limit) => bounded(() => catalog.stocks(after, limit)),
    trades: (after, limit) => bounded(() => catalog.trades(after, limit)),
    changes: (after, limit) => bounded(() => catalog.changes(after, limit)),
    stockChanges: (after, limit) => bounded(() => catalog.stockChanges(after, limit)),
    overlaps: (after, limit) => bounded(() => catalog.overlaps(after, limit)),
    heads: () => bounded(() => catalog.heads()),
    feed: catalog.feed,
    isReady: () => catalog.isReady(),
  };
}

/** The same order service, with reads that are bounded as the catalog's are. The gateway bounds the orders. */
export function boundedOrders(orders: OrderService, clock: Clock): OrderService {
  const bounded = boundedReads(clock);
  return {
    submit: (request, signal) => orders.submit(request, signal),
    trade: (number) => bounded(() => orders.trade(number)),
    ledgerPage: (query) => bounded(() => orders.ledgerPage(query)),
    head: () => bounded(() => orders.head()),
    feed: orders.feed,
    isReady: () => orders.isReady(),
  };
}

type CallOptions = { fetch: { signal: AbortSignal } };

/** Calls of one service: each is observed, and a read has a deadline. */
function callsOf(peer: string, context: PeerContext) {
  const call = peerCaller(peer, context);
  const read = <T>(name: string, ask: (options: CallOptions) => Promise<TreatyReply<T>>): Promise<Reply<T>> =>
    withDeadline(readTimeoutMs, undefined, (signal) => call(name, ask({ fetch: { signal } })), context.clock);
  return { call, read };
}

type BoundedReads = <T>(read: () => Promise<Reply<T>>) => Promise<Reply<T>>;

/** For the reads of one service. A read that finds no room in time is `overloaded`. */
function boundedReads(clock: Clock): BoundedReads {
  const budget = new RetryBudget();
  const semaphore = new Semaphore({ ...readLimits, clock });
  return async (read) => {
    const reply = await semaphore.run(() => {
      const startedAtMs = clock.now();
      return budget.run(
        read,
        (tried) => !tried.ok && tried.arrived !== "yes" && clock.now() - startedAtMs < retryWithinMs,
      );
    });
    return reply ?? rejected("overloaded");
  };
}

/** Eden writes a parameter that is undefined into the query as text. */
function withoutUndefined({ after, limit, name, type, client }: LedgerQuery) {
  return { after, limit, ...(name && { name }), ...(type && { type }), ...(client && { client }) };
}
