import { Type, type Static } from "@sinclair/typebox";

import { LogHead } from "./trade.ts";

/**
 * The identity of a market. `incarnation` counts how often it was restored from a backup. `epoch` counts the order
 * services that have led it; the catalog accepts only the newest.
 */
export const Market = Type.Object({
  market_id: Type.String(),
  incarnation: Type.Integer(),
  epoch: Type.Integer(),
});
export type Market = Static<typeof Market>;

/**
 * An order service asks for the next epoch, with the head of its ledger. `market_id` is null for a new ledger, which
 * belongs to no market yet. `epoch` is the epoch to replace: when a copy of this request arrives late, the epoch has
 * changed, and the copy fences no order service.
 */
export const EpochRequest = Type.Object({
  market_id: Type.Union([Type.String(), Type.Null()]),
  epoch: Type.Integer(),
  ledger: LogHead,
});
export type EpochRequest = Static<typeof EpochRequest>;
