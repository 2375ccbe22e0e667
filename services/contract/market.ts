import { Type, type Static } from "@sinclair/typebox";

import { LogHead } from "./trade.ts";

/**
 * Which market this is. `incarnation` counts its restorations from a backup; `epoch` counts the order services that
 * have led it, and only the newest is listened to.
 */
export const Market = Type.Object({
  market_id: Type.String(),
  incarnation: Type.Integer(),
  epoch: Type.Integer(),
});
export type Market = Static<typeof Market>;

/**
 * Who asks to lead: a ledger, and where it stands. A new ledger belongs to no market yet. `epoch` is the one that is
 * to be replaced: a copy of this request that comes late finds another, and takes the lead from nobody.
 */
export const EpochRequest = Type.Object({
  market_id: Type.Union([Type.String(), Type.Null()]),
  epoch: Type.Integer(),
  ledger: LogHead,
});
export type EpochRequest = Static<typeof EpochRequest>;
