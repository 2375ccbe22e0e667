import type { Reply } from "../../contract/reply.ts";
import type { EpochRequest, Market } from "../../contract/market.ts";
import type { DecidedJson } from "./decide-json.ts";

/** What the main thread asks of the writer's thread, and what comes back; `id` pairs them. */
export type WriterCall = { id: number } & WriterTask;

export type WriterTask =
  | { method: "acquireEpoch"; follower: EpochRequest }
  | { method: "decide"; requestJson: string }
  | { method: "close" };

export interface WriterReply {
  id: number;
  result: Reply<Market> | Reply<DecidedJson> | undefined;
}
