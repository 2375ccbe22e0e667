import type { Reply } from "../../contract/reply.ts";
import { HttpFailure } from "../../runtime/http/http-failure.ts";

/**
 * The data of another service's reply. Throws HttpFailure with that service's reason, or `unavailable` when it could
 * not be reached.
 */
export function dataIn<T>(reply: Reply<T>): T {
  if (reply.ok) return reply.data;
  throw new HttpFailure(reply.arrived === "yes" ? reply.reason : "unavailable");
}
