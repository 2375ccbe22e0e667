import { limits } from "../../contract/limits.ts";
import { readOrder, type OrderInput } from "../../contract/order-input.ts";
import { isIdempotencyKey } from "../../contract/order.ts";
import { HttpFailure } from "../../runtime/http/http-failure.ts";

/** An item of a batch: a valid order with its idempotency key, or a sentence that says why it is not valid. */
export type BatchItem = { order: OrderInput; key: string } | { order?: undefined; wrong: string };

/**
 * The items of a parsed body, in order. An item that is not valid fails alone. The key of an item is its own
 * `idempotency_key`, else `<header key>:<index>`, else a new id. Throws HttpFailure invalid_request when the body as a
 * whole is not a batch.
 */
export function readBatch(body: unknown, headerKey: string | undefined, newId: () => string): BatchItem[] {
  const orders = isObject(body) && Object.keys(body).join() === "orders" ? body["orders"] : undefined;
  if (!Array.isArray(orders) || orders.length < 1 || orders.length > limits.batchItems)
    throw new HttpFailure(
      "invalid_request",
      `a batch is an object {"orders": [from 1 to ${limits.batchItems} orders]}`,
    );
  if (headerKey !== undefined && !isIdempotencyKey(`${headerKey}:${limits.batchItems - 1}`))
    throw new HttpFailure(
      "invalid_request",
      "the Idempotency-Key of a batch must be 1 to 251 visible ASCII characters",
    );
  return orders.map((item: unknown, index) =>
    readItem(item, () => (headerKey ? `${headerKey}:${index}` : newId())),
  );
}

function readItem(item: unknown, defaultKey: () => string): BatchItem {
  if (!isObject(item)) return withKey(item, "");
  const { idempotency_key: key = defaultKey(), ...order } = item;
  if (typeof key !== "string" || !isIdempotencyKey(key))
    return { wrong: "idempotency_key must be 1 to 255 visible ASCII characters" };
  return withKey(order, key);
}

function withKey(order: unknown, key: string): BatchItem {
  const read = readOrder(order);
  return read.order ? { order: read.order, key } : read;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
