import { heartbeatMs, minEventIntervalMs, type LedgerEvent } from "../contract/feed.ts";
import { Broadcast } from "../runtime/feed/broadcast.ts";
import { systemClock, type Clock } from "../runtime/flow/clock.ts";
import type { LedgerStore } from "./store.ts";

/** What the order service tells its followers. Heads replace each other, so few need to wait. */
export function ledgerFeed(
  ledger: Pick<LedgerStore, "head">,
  isComplete: () => boolean,
  clock: Clock = systemClock,
): Broadcast<LedgerEvent> {
  return new Broadcast({
    heartbeat: async () =>
      isComplete() ? { kind: "head", trades: (await ledger.head()).number } : { kind: "heartbeat" },
    heartbeatMs,
    coalesce: (heads) => heads.at(-1) ?? heads[0],
    minIntervalMs: minEventIntervalMs,
    maxQueued: 1_000,
    clock,
  });
}
