import type { Reply } from "../../contract/reply.ts";
import { HttpFailure } from "../../runtime/http/http-failure.ts";

/**
 * What another service replied. Throws HttpFailure with the reason of that service, or unavailable when it could not be
 * reached: both are ours to the client.
 */
export function dataIn<T>(reply: Reply<T>): T {
  if (reply.ok) return reply.data;
  throw new HttpFailure(reply.arrived === "yes" ? reply.reason : "unavailable");
}
