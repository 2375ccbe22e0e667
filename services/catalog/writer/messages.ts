import type { Follower, Market } from "../../contract/market.ts";
import type { BatchReply, BatchRequest } from "../../contract/order.ts";
import type { Guarded } from "./store.ts";

/** What the main thread asks of the writer's thread, and what comes back; `id` pairs them. */
export type WriterCall = { id: number } & WriterTask;

export type WriterTask =
  | { method: "takeEpoch"; follower: Follower }
  | { method: "decide"; request: BatchRequest }
  | { method: "close" };

export interface WriterReply {
  id: number;
  result: Guarded<Market> | Guarded<BatchReply> | undefined;
}
