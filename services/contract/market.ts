import { Type, type Static } from "@sinclair/typebox";

import { LogHead } from "./trade.ts";

/**
 * Which market this is. `incarnation` counts its restorations from a backup; `epoch` counts the order services that
 * have led it, of which the catalog accepts only the newest.
 */
export const Market = Type.Object({
  market_id: Type.String(),
  incarnation: Type.Integer(),
  epoch: Type.Integer(),
});
export type Market = Static<typeof Market>;

/**
 * order → catalog: a request for the next epoch. `market_id` is null for a new ledger; `ledger` is the ledger's head.
 * `epoch` is the epoch to replace, so that a late copy of this request, which names an older one, is rejected.
 */
export const EpochRequest = Type.Object({
  market_id: Type.Union([Type.String(), Type.Null()]),
  epoch: Type.Integer(),
  ledger: LogHead,
});
export type EpochRequest = Static<typeof EpochRequest>;
