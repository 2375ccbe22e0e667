import type { Market } from "../contract/market.ts";
import type { Reply } from "../contract/reply.ts";

/** Why a reply to a request for an epoch did not lead to a term, for the log and the health check. Pure. */
export function epochRefusal(reply: Reply<Market>): string {
  if (reply.ok) return "the ledger could not catch up: the catalog did not answer, or there is no room";
  if (reply.arrived !== "yes" || reply.reason === "unavailable") return "waiting for the catalog";
  if (reply.reason === "stale_epoch")
    return "another order service was granted an epoch at the same time: asking again";
  if (reply.reason === "storage_full") return "the catalog's disk is full";
  if (reply.reason === "ledger_ahead")
    return "the ledger is ahead of this catalog: it was restored from an older backup; roll it forward with `restore`";
  if (reply.reason === "ledger_mismatch")
    return "the ledger belongs to another market than this catalog: give it its own data folder";
  return `the catalog refused this ledger: ${reply.reason}`;
}
