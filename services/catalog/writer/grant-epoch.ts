import { sqliteCode } from "../../../db/sqlite/errors.ts";
import { rejected, type Reply } from "../../contract/reply.ts";
import type { Market } from "../../contract/market.ts";

/**
 * Takes an epoch. On a full disk, or a locked file, nothing was written: the order service is told, and asks again.
 * Any other database error is rethrown, and ends this process.
 */
export function grantEpoch(acquireEpoch: () => Reply<Market>): Reply<Market> {
  try {
    return acquireEpoch();
  } catch (error) {
    switch (sqliteCode(error)) {
      case "SQLITE_FULL":
        return rejected("storage_full");
      case "SQLITE_BUSY":
        return rejected("unavailable");
      default:
        throw error;
    }
  }
}
