import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";

import type { Order } from "./order.ts";
import { fingerprintOf, isIdempotencyKey, orderIdOf } from "./order.ts";
import { orderLike } from "./order.fixture.ts";

test("the fingerprint of a known order is what anyone computes by hand", () => {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const order = orderLike({ name: "GameStart", type: "sell", quantity: 12 });
  expect(fingerprintOf(order)).toBe(sha256("GameStart\nsell\n12\n"));
  expect(fingerprintOf({ ...order, expected_price_cents: 1599 })).toBe(sha256("GameStart\nsell\n12\n1599"));
});

const differences: Partial<Order>[] = [
  { name: "B" },
  { type: "sell" },
  { quantity: 2 },
  { expected_price_cents: 0 },
  { expected_price_cents: 1 },
];

test.each(differences)("an order that differs in %j has another fingerprint", (difference) => {
  const order = orderLike();
  expect(fingerprintOf({ ...order, ...difference })).not.toBe(fingerprintOf(order));
});

test("who sends an order, with which key and in which request, is not in its fingerprint", () => {
  const order = orderLike();
  expect(fingerprintOf({ ...order, client: "c", key: "k", request_id: "r" })).toBe(fingerprintOf(order));
});

test("no two clients and keys make the same order id", () => {
  const visible = fc.stringMatching(/^[\x21-\x7e]{1,5}$/);
  fc.assert(
    fc.property(visible, visible, visible, visible, (client, key, otherClient, otherKey) => {
      const isSame = client === otherClient && key === otherKey;
      return (orderIdOf({ client, key }) === orderIdOf({ client: otherClient, key: otherKey })) === isSame;
    }),
  );
  expect(orderIdOf({ client: "ab", key: "c" })).not.toBe(orderIdOf({ client: "a", key: "bc" }));
});

const keys: [key: string, isKey: boolean][] = [
  ["k", true],
  ["!~", true],
  ["0193a5c0-0000-7000-8000-000000000000", true],
  ["k".repeat(255), true],
  ["k".repeat(256), false],
  ["", false],
  [" ", false],
  ["a b", false],
  ["k\n", false],
  ["k\r\n", false],
  ["k\0", false],
  ["k\x7f", false],
  ["ключ", false],
  ["é", false],
];

test.each(keys)("the idempotency key %j: %p", (key, isKey) => {
  expect(isIdempotencyKey(key)).toBe(isKey);
});
