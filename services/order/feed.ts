import { feedBeatMs, feedRestMs, type LedgerEvent } from "../contract/feed.ts";
import type { Ledger } from "../contract/ledger.ts";
import { Broadcast } from "../runtime/feed/broadcast.ts";

/**
 * The order service's events to its subscribers: how far the ledger goes. While the ledger may lack rows a heartbeat tells
 * only that the service is up. A newer head replaces an older one, so few events need to wait.
 */
export function ledgerFeed(ledger: Pick<Ledger, "head">, isComplete: () => boolean): Broadcast<LedgerEvent> {
  return new Broadcast({
    beat: async () =>
      isComplete() ? { kind: "head", trades: (await ledger.head()).number } : { kind: "beat" },
    beatMs: feedBeatMs,
    merge: (heads) => heads.at(-1) ?? heads[0],
    restMs: feedRestMs,
    maxWaiting: 1_000,
  });
}
