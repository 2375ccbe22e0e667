import { Type, type TSchema } from "@sinclair/typebox";

import type { PublicReason } from "../../contract/errors.ts";
import { limits } from "../../contract/limits.ts";
import { OrderBody } from "../../contract/order.ts";
import { StockName, StockStatus } from "../../contract/stock.ts";
import { OrderType } from "../../contract/trade.ts";

/** The bodies of the public API as JSON Schema: for the documentation, and for the tests. */

const strict = { additionalProperties: false } as const;

const Time = Type.String({ pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$` });
const Quantity = Type.Integer({ minimum: 1, maximum: limits.orderQuantity });

export const StockView = Type.Object(
  {
    name: StockName,
    price: Type.Number({ minimum: 0 }),
    quantity: Type.Integer({ minimum: 0, maximum: limits.total }),
    volume: Type.Integer({ minimum: 0 }),
    status: StockStatus,
    version: Type.Integer({ minimum: 1 }),
  },
  strict,
);

const orderFields = {
  name: StockName,
  type: OrderType,
  quantity: Quantity,
  price: Type.Number({ minimum: 0 }),
  at: Time,
};

export const OrderViewSchema = Type.Object({ number: Type.Integer({ minimum: 1 }), ...orderFields }, strict);

export const ReceiptSchema = Type.Object(
  { transaction_number: Type.Integer({ minimum: 1 }), ...orderFields },
  strict,
);

export const IdempotencyKey = Type.String({ minLength: 1, maxLength: limits.keyLength });

export const BatchBody = Type.Object(
  {
    orders: Type.Array(
      Type.Object({ ...OrderBody.properties, idempotency_key: Type.Optional(IdempotencyKey) }, strict),
      { minItems: 1, maxItems: limits.batchItems },
    ),
  },
  strict,
);

/** Why a valid order did not trade. */
export const orderFailures = [
  "insufficient_quantity",
  "limit_exceeded",
  "stock_not_found",
  "trading_halted",
  "price_changed",
  "order_in_flight",
  "idempotency_key_reused",
  "overloaded",
  "storage_full",
  "unavailable",
  "outcome_unknown",
] as const satisfies PublicReason[];

const replayed = { replayed: Type.Optional(Type.Literal(true)) };

export const BatchEntrySchema = Type.Union([
  Type.Object({ data: ReceiptSchema, ...replayed }, strict),
  Type.Object(
    {
      error: Type.Object(
        {
          code: Type.Integer(),
          message: Type.String(),
          reason: Type.Union(
            ([...orderFailures, "invalid_request", "internal_error"] as const).map((reason) =>
              Type.Literal(reason),
            ),
          ),
        },
        strict,
      ),
      ...replayed,
      idempotency_key: Type.Optional(IdempotencyKey),
    },
    strict,
  ),
]);

export const AuditView = Type.Object(
  {
    state: Type.Union([Type.Literal("running"), Type.Literal("done"), Type.Literal("never")]),
    at: Type.Union([Time, Type.Null()]),
    ok: Type.Union([Type.Boolean(), Type.Null()]),
    checks: Type.Array(
      Type.Object({ name: Type.String(), ok: Type.Boolean(), detail: Type.String() }, strict),
    ),
    problem: Type.Union([Type.String(), Type.Null()]),
  },
  strict,
);

/** The body of a success. */
export function dataOf<Schema extends TSchema>(data: Schema) {
  return Type.Object({ data }, strict);
}

/** The body of a page: `next` is the `after` of the next page, null on the last one. */
export function pageOf<Row extends TSchema, Cursor extends TSchema>(row: Row, cursor: Cursor) {
  return Type.Object({ data: Type.Array(row), next: Type.Union([cursor, Type.Null()]) }, strict);
}

export const examples = {
  stock: { name: "GameStart", price: 15.99, quantity: 97, volume: 3, status: "open", version: 2 },
  newOrder: { name: "GameStart", type: "buy", quantity: 3, expected_price: 15.99 },
  order: {
    name: "GameStart",
    type: "buy",
    quantity: 3,
    price: 15.99,
    at: "2026-01-02T03:04:05.678Z",
  },
} as const;
