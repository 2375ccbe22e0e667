import { limits } from "../contract/limits.ts";
import { readOrder, type OrderInput } from "../contract/order-input.ts";
import { isIdempotencyKey } from "../contract/order.ts";
import { HttpFailure } from "../runtime/http/http-failure.ts";

/** An item of a batch: an order with its key, or a sentence that says what is wrong with it. */
export type BatchItem = { order: OrderInput; key: string } | { order?: undefined; wrong: string };

/**
 * The items of a parsed body, in order. One that is not valid fails alone. An item's key is its own, or
 * `<header's key>:<index>`, or a new one. Throws HttpFailure invalid_request for what is no batch at all.
 */
export function readBatch(body: unknown, headerKey: string | undefined): BatchItem[] {
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
  return orders.map((item: unknown, index) => readItem(item, headerKey && `${headerKey}:${index}`));
}

function readItem(item: unknown, batchKey: string | undefined): BatchItem {
  if (!isObject(item)) return readOrderOf(item, "");
  const { idempotency_key: key = batchKey ?? Bun.randomUUIDv7(), ...order } = item;
  if (typeof key !== "string" || !isIdempotencyKey(key))
    return { wrong: "idempotency_key must be 1 to 255 visible ASCII characters" };
  return readOrderOf(order, key);
}

function readOrderOf(body: unknown, key: string): BatchItem {
  const read = readOrder(body);
  return read.order ? { order: read.order, key } : read;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
