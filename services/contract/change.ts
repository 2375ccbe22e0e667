import { Type, type Static, type TSchema } from "@sinclair/typebox";

import { StockStatus } from "./stock.ts";
import { chainOf } from "./trade.ts";

export const ChangeKind = Type.Union([
  Type.Literal("opening"),
  Type.Literal("price"),
  Type.Literal("restock"),
  Type.Literal("halt"),
  Type.Literal("resume"),
]);
export type ChangeKind = Static<typeof ChangeKind>;

const OrNull = <T extends TSchema>(type: T) => Type.Union([type, Type.Null()]);

/**
 * One row of the change log: a change of a stock that is not a trade. A null column means that this value did not
 * change; an opening has the whole state. `client` and `key` are null for the opening list. `at` is in milliseconds
 * since 1970.
 */
export const Change = Type.Object({
  number: Type.Integer(),
  kind: ChangeKind,
  name: Type.String(),
  price_cents: OrNull(Type.Integer()),
  quantity_delta: OrNull(Type.Integer()),
  status: OrNull(StockStatus),
  stock_version: Type.Integer(),
  client: OrNull(Type.String()),
  key: OrNull(Type.String()),
  at: Type.Integer(),
  chain: Type.String(),
});
export type Change = Static<typeof Change>;

/** The chain of a change, from the chain of the change before. As for trades, the first one follows the genesis. */
export function changeChain(previous: string, change: Omit<Change, "chain">): string {
  return chainOf(previous, [
    change.number,
    change.kind,
    change.name,
    change.price_cents,
    change.quantity_delta,
    change.status,
    change.stock_version,
    change.client,
    change.key,
    change.at,
  ]);
}
