import { StoreFailure } from "../../../db/store-failure.ts";
import type { Market } from "../../contract/market.ts";
import { rejected, type Reply } from "../../contract/reply.ts";

/**
 * The reply to a request for an epoch. With a full disk or a locked file nothing was written; the reply has the reason,
 * and the order service tries again. Any other error is rethrown: the process must end.
 */
export function grantEpoch(acquireEpoch: () => Reply<Market>): Reply<Market> {
  try {
    return acquireEpoch();
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    if (error.kind === "full") return rejected("storage_full");
    if (error.kind === "busy") return rejected("unavailable");
    throw error;
  }
}
