import { hash } from "node:crypto";

import { Type, type Static } from "@sinclair/typebox";

import { isTemporary, type Reason, type Refusal } from "./errors.ts";
import { limits } from "./limits.ts";
import { StockName, type StockState } from "./stock.ts";
import { LogHead, OrderType, type Fill } from "./trade.ts";

/** What a client posts to `POST /orders`. */
export const OrderBody = Type.Object(
  {
    name: StockName,
    type: OrderType,
    quantity: Type.Integer({ minimum: 1, maximum: limits.orderQuantity }),
    expected_price: Type.Optional(Type.Number({ minimum: 0, maximum: limits.total / 100 })),
  },
  { additionalProperties: false },
);
export type OrderBody = Static<typeof OrderBody>;

const keyPattern = /^[\x21-\x7e]{1,255}$/;

/** 1 to 255 visible ASCII characters. */
export function isIdempotencyKey(value: string): boolean {
  return keyPattern.test(value);
}

/** What a client may be called, as the inside of a pattern. ASCII, and no NUL: it stands before one in an order's id. */
export const clientName = "[A-Za-z0-9._-]{1,64}";

/**
 * A validated order on its way inside. `request_id` names the request that carries it: a resent copy has the same,
 * another request with the same key has another.
 */
export const Order = Type.Object({
  request_id: Type.String(),
  client: Type.String({ pattern: `^${clientName}$` }),
  key: Type.String({ pattern: keyPattern.source }),
  name: StockName,
  type: OrderType,
  quantity: Type.Integer({ minimum: 1, maximum: limits.orderQuantity }),
  expected_price_cents: Type.Union([Type.Integer({ minimum: 0, maximum: limits.total }), Type.Null()]),
});
export type Order = Static<typeof Order>;

/** client ‖ 0x00 ‖ key: what makes an order the same order. */
export function orderIdOf(order: Pick<Order, "client" | "key">): string {
  return `${order.client}\0${order.key}`;
}

/** Hash of the canonical order: the same id with another fingerprint is a reused key. */
export function fingerprintOf(order: Order): string {
  const { name, type, quantity, expected_price_cents } = order;
  return hash("sha256", `${name}\n${type}\n${quantity}\n${expected_price_cents ?? ""}`, "hex");
}

/** How the catalog's decision on one order ended. `number` points into the trade log. */
export type Decision =
  | { kind: "traded"; number: number; replayed: boolean }
  | { kind: "refused"; reason: Refusal; replayed: boolean }
  | {
      kind: "failed";
      reason: "idempotency_key_reused" | "internal_error" | "storage_full" | "unavailable";
    };

/** order → catalog: decide these, provided that you are the catalog I follow and I am the order service you know. */
export const BatchRequest = Type.Object({
  market_id: Type.String(),
  incarnation: Type.Integer(),
  epoch: Type.Integer(),
  ledger: LogHead,
  orders: Type.Array(Order),
});
export type BatchRequest = Static<typeof BatchRequest>;

/** What the order service answers for one order. */
export type OrderOutcome =
  | { kind: "traded"; fill: Fill; replayed: boolean }
  | { kind: "refused"; reason: Refusal; replayed: boolean }
  | { kind: "failed"; reason: Reason };

/**
 * The outcome of an order when an earlier copy of it may have arrived. A temporary failure says that the last copy did
 * nothing; what the earlier copy did stays unknown. Pure.
 */
export function afterPossibleDelivery(outcome: OrderOutcome): OrderOutcome {
  return outcome.kind === "failed" && isTemporary(outcome.reason)
    ? { kind: "failed", reason: "outcome_unknown" }
    : outcome;
}

/** frontend → order. `timeout_ms` is what is left of the client's patience: clocks differ between processes. */
export const SubmitRequest = Type.Object({
  orders: Type.Array(Type.Composite([Order, Type.Object({ timeout_ms: Type.Number() })])),
});
export type SubmitRequest = Static<typeof SubmitRequest>;

export interface SubmitReply {
  outcomes: OrderOutcome[];
  stocks: StockState[];
}
