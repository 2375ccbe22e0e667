import { feedBeatMs, feedRestMs, type CatalogEvent } from "../contract/feed.ts";
import { newest, type StockState } from "../contract/stock.ts";
import { Broadcast } from "../runtime/feed/broadcast.ts";
import type { CatalogStore } from "./store.ts";

/** What the catalog tells its followers. One that lags so far behind is better off with a fresh start. */
export function catalogFeed(reads: Pick<CatalogStore, "heads">): Broadcast<CatalogEvent> {
  return new Broadcast<CatalogEvent>({
    async beat() {
      const heads = await reads.heads();
      if (!heads.ok) throw new Error("the catalog's own heads cannot be read");
      const { market, changes } = heads.data;
      return { kind: "beat", incarnation: market.incarnation, changes: changes.number };
    },
    beatMs: feedBeatMs,
    merge: (events) => (events.length === 1 ? events[0] : { kind: "stocks", stocks: statesIn(events) }),
    restMs: feedRestMs,
    maxWaiting: 10_000,
  });
}

function statesIn(events: readonly CatalogEvent[]): StockState[] {
  return newest(events.flatMap((event) => (event.kind === "stocks" ? event.stocks : [])));
}
