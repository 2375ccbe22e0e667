import { TypeCompiler } from "@sinclair/typebox/compiler";

import { limits } from "./limits.ts";
import { centsOf } from "./money.ts";
import { OrderBody, type Order } from "./order.ts";

/** The valid order of a request body, with its price in cents. */
export type OrderInput = Pick<Order, "name" | "type" | "quantity" | "expected_price_cents">;

const schema = TypeCompiler.Compile(OrderBody);

/** By the path of the invalid part of a body: the sentence that the client gets. */
const wanted: Record<string, string> = {
  "": 'an order is an object {"name", "type", "quantity"}',
  "/name": "name must be 1 to 32 of A-Z a-z 0-9 . - _",
  "/type": 'type must be "buy" or "sell"',
  "/quantity": `quantity must be an integer from 1 to ${limits.orderQuantity}`,
  "/expected_price": "expected_price must be a price with at most two decimals",
};

/** The order in a parsed body, or a sentence about what is wrong with the body, which never quotes it. */
export function readOrder(body: unknown): { order: OrderInput } | { order?: undefined; wrong: string } {
  if (!schema.Check(body)) {
    const path = schema.Errors(body).First()?.path ?? "";
    if (isMissing(body, path)) return { wrong: `${path.slice(1)} is missing` };
    return { wrong: wanted[path] ?? "an order has only name, type, quantity and expected_price" };
  }
  const { name, type, quantity, expected_price } = body;
  const cents = expected_price === undefined ? null : centsOf(expected_price);
  if (cents === undefined) return { wrong: wanted["/expected_price"] ?? "" };
  return { order: { name, type, quantity, expected_price_cents: cents } };
}

/** Whether `path` is of a field that an order must have, and `body` is an object without it. */
function isMissing(body: unknown, path: string): boolean {
  const field = path.slice(1);
  const isThere = typeof body === "object" && body !== null && Object.hasOwn(body, field);
  return !isThere && OrderBody.required.some((name) => name === field);
}
