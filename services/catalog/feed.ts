import { feedBeatMs, type CatalogEvent } from "../contract/feed.ts";
import { Broadcast } from "../runtime/broadcast.ts";
import type { CatalogStore } from "./store.ts";

/** What the catalog tells its followers. One that lags so far behind is better off with a fresh start. */
export function catalogFeed(reads: Pick<CatalogStore, "heads">): Broadcast<CatalogEvent> {
  return new Broadcast({
    async beat() {
      const { market, changes } = await reads.heads();
      return { kind: "beat", incarnation: market.incarnation, changes: changes.number };
    },
    beatMs: feedBeatMs,
    maxWaiting: 10_000,
  });
}
