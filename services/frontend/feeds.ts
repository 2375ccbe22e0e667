import type { Catalog } from "../contract/catalog.ts";
import { feedSilenceMs, type CatalogEvent, type LedgerEvent } from "../contract/feed.ts";
import type { OrderService } from "../contract/order-service.ts";
import { FeedSubscription, type FeedSubscriptionOptions } from "../runtime/feed/feed-subscription.ts";
import type { RuntimeContext } from "../runtime/context.ts";
import type { Log } from "../runtime/process/log.ts";
import type { MarketLogs } from "./events/market-logs.ts";
import type { StockCache } from "./stocks/cache.ts";

const retryMs = 100;

interface FeedsDeps {
  catalog: Pick<Catalog, "feed">;
  orders: Pick<OrderService, "feed">;
  cache: StockCache;
  logs: MarketLogs;
  context: Pick<RuntimeContext, "clock" | "log">;
}

/** The subscriptions to the other services' feeds: states for the cache, and the heads of both logs for the events. */
export class Feeds {
  readonly #catalog: FeedSubscription<CatalogEvent>;
  readonly #ledger: FeedSubscription<LedgerEvent>;

  constructor({ catalog, orders, cache, logs, context: { clock, log } }: FeedsDeps) {
    const shared = { silenceMs: feedSilenceMs, retryMs, clock };
    this.#catalog = new FeedSubscription({
      ...shared,
      open: (signal) => catalog.feed.subscribe(signal),
      ...catalogFeedHandlers(cache, logs, log),
    });
    this.#ledger = new FeedSubscription<LedgerEvent>({
      ...shared,
      open: (signal) => orders.feed.subscribe(signal),
      onUp: () => log.info("following the order service"),
      onEvent(event) {
        if (event.kind === "head") logs.tradesReported(event.trades);
      },
      onDown: () => log.warn("lost the order service: orders wait until it is back"),
    });
  }

  start(): void {
    this.#catalog.start();
    this.#ledger.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#catalog.stop(), this.#ledger.stop()]);
  }
}

type FeedHandlers<Event> = Pick<FeedSubscriptionOptions<Event>, "onUp" | "onEvent" | "onDown">;

/** The frontend's handlers of the catalog's feed. Call them in the order of a connection: up, events, down. */
export function catalogFeedHandlers(
  cache: StockCache,
  logs: MarketLogs,
  log: Log,
): FeedHandlers<CatalogEvent> {
  return {
    onUp() {
      cache.feedUp();
      log.info("following the catalog");
    },
    onEvent(event) {
      cache.eventReceived();
      if (event.kind === "heartbeat") logs.changesReported(event.changes, event.incarnation);
      else for (const stock of event.stocks) cache.apply(stock);
    },
    onDown() {
      cache.feedDown();
      log.warn("lost the catalog: lookups ask it one by one until it is back");
    },
  };
}
