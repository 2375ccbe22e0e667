import type { Reply } from "../contract/reply.ts";
import { treaty } from "@elysiajs/eden";

import type { App as CatalogApp } from "../catalog/app.ts";
import type { SubmitReply, SubmitRequest } from "../contract/order.ts";
import type { StockState } from "../contract/stock.ts";
import type { OrderType, Trade } from "../contract/trade.ts";
import type { App as OrderApp } from "../order/app.ts";
import { limits } from "../contract/limits.ts";
import type { CatalogEvent, LedgerEvent, StockChange } from "../contract/feed.ts";
import { feedOf, type OpenFeed } from "../runtime/feed/feed-subscription.ts";
import { RetryBudget } from "../runtime/flow/retry-budget.ts";
import { Semaphore } from "../runtime/flow/semaphore.ts";
import { callPeer, type TreatyReply } from "../runtime/http/peer.ts";
import { treatyOptions } from "../runtime/http/treaty-options.ts";
import { withDeadline } from "../runtime/flow/deadline.ts";

export interface LedgerQuery {
  after: number;
  limit: number;
  name?: string;
  type?: OrderType;
  client?: string;
}

/** The other services as the frontend calls them. */
export interface Peers {
  catalogFeed: OpenFeed<CatalogEvent>;
  ledgerFeed: OpenFeed<LedgerEvent>;
  stockChanges(after: number): Promise<Reply<{ changes: StockChange[] }>>;
  stock(name: string): Promise<Reply<StockState>>;
  stocks(after: string, limit: number): Promise<Reply<{ stocks: StockState[] }>>;
  trade(number: number): Promise<Reply<Trade>>;
  trades(query: LedgerQuery): Promise<Reply<{ trades: Trade[]; next: number | null }>>;
  submit(request: SubmitRequest, timeoutMs: number, signal: AbortSignal): Promise<Reply<SubmitReply>>;
  ordersAreReady(): Promise<boolean>;
}

/** For a read and its retry together. */
const readTimeoutMs = 2_000;
/** Bun has 256 calls under way at most: reads must leave room for orders and feeds. */
const readLimits = { maxAtOnce: 64, maxWaiting: 4_000, maxWaitMs: 500 };

/** A name is encoded here because Eden puts path parameters into the URL as they are. */
export function peersAt(
  catalogTarget: string | CatalogApp,
  orderTarget: string | OrderApp,
  serviceSecret?: string,
): Peers {
  const options = treatyOptions(serviceSecret);
  const catalog = treaty<CatalogApp>(catalogTarget, options);
  const order = treaty<OrderApp>(orderTarget, options);
  const readCatalog = readsOf();
  const readOrder = readsOf();
  return {
    catalogFeed: async (signal) => feedOf((await catalog.feed.get({ fetch: { signal } })).data),
    ledgerFeed: async (signal) => feedOf((await order.feed.get({ fetch: { signal } })).data),
    stockChanges: (after) =>
      readCatalog((soon) =>
        catalog["stock-changes"].get({ query: { after, limit: limits.pageItems }, ...soon }),
      ),
    stock: (name) => readCatalog((soon) => catalog.stocks({ name: encodeURIComponent(name) }).get(soon)),
    stocks: (after, limit) => readCatalog((soon) => catalog.stocks.get({ query: { after, limit }, ...soon })),
    trade: (number) => readOrder((soon) => order.ledger({ number }).get(soon)),
    trades: (query) => readOrder((soon) => order.ledger.get({ query, ...soon })),
    submit: (request, timeoutMs, earlier) =>
      withDeadline(timeoutMs, earlier, (signal) =>
        callPeer(order.orders.post(request, { fetch: { signal } })),
      ),
    // The head is asked for too: unlike the health checks it needs the service secret, as orders do.
    ordersAreReady: async () => {
      const ready = await readOrder((soon) => order.readyz.get(soon));
      return ready.ok && (await readOrder((soon) => order.head.get(soon))).ok;
    },
  };
}

type Soon = { fetch: { signal: AbortSignal } };

/** Reads of one peer: bounded in number and in time, and tried once more when the transport failed. */
function readsOf() {
  const budget = new RetryBudget();
  const slots = new Semaphore(readLimits);
  return async <T>(call: (soon: Soon) => Promise<TreatyReply<T>>): Promise<Reply<T>> => {
    const reply = await slots.run(() =>
      withDeadline(readTimeoutMs, undefined, (signal) =>
        budget.run(
          () => callPeer(call({ fetch: { signal } })),
          (tried) => !tried.ok && tried.arrived !== "yes" && !signal.aborted,
        ),
      ),
    );
    return reply ?? { ok: false, arrived: "yes", reason: "overloaded" };
  };
}
