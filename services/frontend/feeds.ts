import { feedSilenceMs, type CatalogEvent, type LedgerEvent } from "../contract/feed.ts";
import { FeedSubscription, type FeedSubscriptionOptions } from "../runtime/feed/feed-subscription.ts";
import { systemClock } from "../runtime/flow/clock.ts";
import type { Log } from "../runtime/process/log.ts";
import type { StockCache } from "./cache.ts";
import type { MarketLogs } from "./events/market-logs.ts";
import type { Peers } from "./peers.ts";

const retryMs = 100;

/** What the other services tell us while they live: states for the cache, and how far the logs go for the events. */
export class Feeds {
  readonly #catalog: FeedSubscription<CatalogEvent>;
  readonly #ledger: FeedSubscription<LedgerEvent>;

  constructor(
    peers: Pick<Peers, "catalogFeed" | "ledgerFeed">,
    cache: StockCache,
    hub: MarketLogs,
    log: Log,
  ) {
    const base = { silenceMs: feedSilenceMs, retryMs, clock: systemClock };
    this.#catalog = new FeedSubscription({
      ...base,
      open: peers.catalogFeed,
      ...catalogFeedHandlers(cache, hub, log),
    });
    this.#ledger = new FeedSubscription<LedgerEvent>({
      ...base,
      open: peers.ledgerFeed,
      onUp: () => log.info("following the order service"),
      onEvent(event) {
        if (event.kind === "head") hub.sawTrades(event.trades);
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

/** What a frontend does with the catalog's feed. Whoever uses it keeps the order: up, events, down. */
export function catalogFeedHandlers(
  cache: StockCache,
  hub: MarketLogs,
  log: Log,
): FeedHandlers<CatalogEvent> {
  return {
    onUp() {
      cache.feedUp();
      log.info("following the catalog");
    },
    onEvent(event) {
      cache.heard();
      if (event.kind === "heartbeat") hub.sawChanges(event.changes, event.incarnation);
      else for (const stock of event.stocks) cache.apply(stock);
    },
    onDown() {
      cache.feedDown();
      log.warn("lost the catalog: lookups ask it one by one until it is back");
    },
  };
}
