import { hash } from "node:crypto";

import { Type, type Static } from "@sinclair/typebox";

import { isTemporary, type Reason, type Refusal } from "./errors.ts";
import { limits } from "./limits.ts";
import { StockName, type StockState } from "./stock.ts";
import { LogHead, OrderType, type Fill } from "./trade.ts";

/** The body of `POST /orders`. */
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

/** Pattern for the name of a client. ASCII without NUL, because a NUL follows the name in the order id. */
export const clientName = "[A-Za-z0-9._-]{1,64}";

/**
 * A valid order, as between services. `request_id` names the client's request: a copy that is sent again has the same
 * `request_id`; another request with the same key has another one.
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

/** client ‖ 0x00 ‖ key: two requests with the same order id are the same order. */
export function orderIdOf(order: Pick<Order, "client" | "key">): string {
  return `${order.client}\0${order.key}`;
}

/** Hash of the order's content. The same order id with another fingerprint is a reused key. */
export function fingerprintOf(order: Order): string {
  const { name, type, quantity, expected_price_cents } = order;
  return hash("sha256", `${name}\n${type}\n${quantity}\n${expected_price_cents ?? ""}`, "hex");
}

/** The catalog's decision on one order, or why there is none. `number` is that of the trade. */
export type Decision =
  | { kind: "traded"; number: number; replayed: boolean }
  | { kind: "refused"; reason: Refusal; replayed: boolean }
  | {
      kind: "failed";
      reason: "idempotency_key_reused" | "internal_error" | "storage_full" | "unavailable";
    };

/**
 * order → catalog: decide these orders, if the market, the epoch and the head of the ledger are those of the catalog.
 */
export const BatchRequest = Type.Object({
  market_id: Type.String(),
  incarnation: Type.Integer(),
  epoch: Type.Integer(),
  ledger: LogHead,
  orders: Type.Array(Order),
});
export type BatchRequest = Static<typeof BatchRequest>;

/** The outcome of one order, as the order service answers it. */
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

/**
 * frontend → order. `timeout_ms` is the time left until the deadline: a duration, because clocks differ between
 * processes.
 */
export const SubmitRequest = Type.Object({
  orders: Type.Array(Type.Composite([Order, Type.Object({ timeout_ms: Type.Number() })])),
});
export type SubmitRequest = Static<typeof SubmitRequest>;

export interface SubmitReply {
  outcomes: OrderOutcome[];
  stocks: StockState[];
}
