import { heartbeatMs, minEventIntervalMs, type LedgerEvent } from "../contract/feed.ts";
import type { Ledger } from "../contract/ledger.ts";
import { Broadcast } from "../runtime/feed/broadcast.ts";
import type { Clock } from "../runtime/flow/clock.ts";

/**
 * The order service's events to its subscribers: how far the ledger goes. While the ledger may lack rows, a heartbeat
 * has no head. A newer head replaces an older one, so few events need to wait.
 */
export function ledgerFeed(
  ledger: Pick<Ledger, "head">,
  isComplete: () => boolean,
  clock: Clock,
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
