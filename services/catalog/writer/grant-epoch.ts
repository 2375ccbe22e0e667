import { sqliteCode } from "../../../db/sqlite/errors.ts";
import type { Market } from "../../contract/market.ts";
import type { Guarded } from "./store.ts";

/**
 * Takes an epoch. On a full disk, or a locked file, nothing was written: the order service is told, and asks again.
 * Any other database error is rethrown, and ends this process.
 */
export function grantEpoch(acquireEpoch: () => Guarded<Market>): Guarded<Market> {
  try {
    return acquireEpoch();
  } catch (error) {
    switch (sqliteCode(error)) {
      case "SQLITE_FULL":
        return { ok: false, reason: "storage_full" };
      case "SQLITE_BUSY":
        return { ok: false, reason: "unavailable" };
      default:
        throw error;
    }
  }
}
