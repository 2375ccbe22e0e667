import { feedBeatMs, feedRestMs, type LedgerEvent } from "../contract/feed.ts";
import { Broadcast } from "../runtime/feed/broadcast.ts";
import type { LedgerStore } from "./store.ts";

/** What the order service tells its followers. Heads replace each other, so few need to wait. */
export function ledgerFeed(
  ledger: Pick<LedgerStore, "head">,
  isComplete: () => boolean,
): Broadcast<LedgerEvent> {
  return new Broadcast({
    beat: async () =>
      isComplete() ? { kind: "head", trades: (await ledger.head()).number } : { kind: "beat" },
    beatMs: feedBeatMs,
    merge: (heads) => heads.at(-1) ?? heads[0],
    restMs: feedRestMs,
    maxWaiting: 1_000,
  });
}
