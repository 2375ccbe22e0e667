import type { CatalogReads } from "../contract/catalog.ts";
import { heartbeatMs, minEventIntervalMs, type CatalogEvent } from "../contract/feed.ts";
import { newest, type StockState } from "../contract/stock.ts";
import { Broadcast } from "../runtime/feed/broadcast.ts";
import type { Clock } from "../runtime/flow/clock.ts";

/** Coalescing keeps each stock's newest state only, so a subscriber that reads at all does not fall 10,000 events behind. */
export function catalogFeed(reads: Pick<CatalogReads, "heads">, clock: Clock): Broadcast<CatalogEvent> {
  return new Broadcast<CatalogEvent>({
    async heartbeat() {
      const heads = await reads.heads();
      if (!heads.ok) throw new Error("the catalog's own heads cannot be read");
      const { market, changes } = heads.data;
      return { kind: "heartbeat", incarnation: market.incarnation, changes: changes.number };
    },
    heartbeatMs,
    coalesce: (events) => (events.length === 1 ? events[0] : { kind: "stocks", stocks: statesIn(events) }),
    minIntervalMs: minEventIntervalMs,
    maxQueued: 10_000,
    clock,
  });
}

function statesIn(events: readonly CatalogEvent[]): StockState[] {
  return newest(events.flatMap((event) => (event.kind === "stocks" ? event.stocks : [])));
}
