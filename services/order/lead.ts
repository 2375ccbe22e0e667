import type { Reply } from "../contract/reply.ts";
import type { Market } from "../contract/market.ts";
import type {} from "../runtime/http/peer.ts";

/** Why a reply to who asked for the lead did not lead to it, in words for the log and the health check. Pure. */
export function whyNotLeading(reply: Reply<Market>): string {
  if (reply.ok) return "the ledger could not catch up: the catalog went away, or there is no room";
  if (reply.arrived !== "yes" || reply.reason === "unavailable") return "waiting for the catalog";
  if (reply.reason === "stale_epoch") return "another order service took the lead meanwhile: asking again";
  if (reply.reason === "storage_full") return "the catalog's disk is full";
  if (reply.reason === "ledger_ahead")
    return "the ledger is ahead of this catalog: it was restored from an older backup; roll it forward with `restore`";
  if (reply.reason === "ledger_mismatch")
    return "the ledger belongs to another market than this catalog: give it its own data folder";
  return `the catalog refused this ledger: ${reply.reason}`;
}
