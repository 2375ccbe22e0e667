import { expect, test } from "bun:test";

import { readOrder } from "./order-input.ts";

const good = { name: "A", type: "buy", quantity: 1 };

/** The result of reading this JSON text; the texts in these tests are valid JSON. */
const read = (json: string) => readOrder(JSON.parse(json));

test("an order is read with its price in cents, or none", () => {
  expect(readOrder(good)).toEqual({
    order: { name: "A", type: "buy", quantity: 1, expected_price_cents: null },
  });
  expect(readOrder({ ...good, type: "sell", expected_price: 15.99 })).toEqual({
    order: { name: "A", type: "sell", quantity: 1, expected_price_cents: 1599 },
  });
});

const quantities: [json: string, isGood: boolean][] = [
  ["1", true],
  ["1.0", true],
  ["1e9", true],
  ["1000000000", true],
  ["1000000001", false],
  ["0", false],
  ["-0", false],
  ["-1", false],
  ["1.5", false],
  ["1e-7", false],
  ["1e21", false],
  ["1e400", false],
  ["-1e400", false],
  ["9007199254740992", false],
  ["9007199254740993", false],
  ['"1"', false],
  ['""', false],
  ["true", false],
  ["null", false],
  ["[1]", false],
  ["[]", false],
  ["{}", false],
  ['{"valueOf":1}', false],
];

test.each(quantities)("the quantity %s: %p", (json, isGood) => {
  const { order, wrong } = { wrong: undefined, ...read(`{"name":"A","type":"buy","quantity":${json}}`) };
  expect(order !== undefined).toBe(isGood);
  if (!isGood) expect(wrong).toBe("quantity must be an integer from 1 to 1000000000");
});

test.each([NaN, undefined, 1n, new Number(1)])(
  "the quantity %p, which no JSON holds, is refused too",
  (quantity) => {
    expect(readOrder({ ...good, quantity }).order).toBeUndefined();
  },
);

const prices: [json: string, cents: number | undefined][] = [
  ["15.99", 1599],
  ["16.00", 1600],
  ["16", 1600],
  ["0", 0],
  ["0.01", 1],
  ["1e2", 10_000],
  ["11258999068426.24", 2 ** 50],
  ["11258999068426.25", undefined],
  ["15.999", undefined],
  ["0.30000000000000004", undefined],
  ["0.001", undefined],
  ["-0.01", undefined],
  ["-1", undefined],
  ["1e21", undefined],
  ["1e400", undefined],
  ['"15.99"', undefined],
  ["true", undefined],
  ["null", undefined],
  ["[15.99]", undefined],
];

test.each(prices)("the expected price %s is %p cents", (json, cents) => {
  const result = read(`{"name":"A","type":"buy","quantity":1,"expected_price":${json}}`);
  expect(result.order?.expected_price_cents).toBe(cents as number);
  if (!result.order) expect(result.wrong).toBe("expected_price must be a price with at most two decimals");
});

const unknownFields = [
  '"price":1',
  '"Quantity":2',
  '"":1',
  '"name ":"B"',
  '"client":"other"',
  '"expected_price_cents":1',
  '"idempotency_key":"k"',
  '"__proto__":{"quantity":5}',
  '"__proto__":null',
  '"constructor":1',
  '"toString":1',
];

test.each(unknownFields)("the unknown field %s is refused, not dropped", (field) => {
  expect(read(`{"name":"A","type":"buy","quantity":1,${field}}`)).toEqual({
    wrong: "an order has only name, type, quantity and expected_price",
  });
});

const wholes = ["null", "[]", '"buy"', "1", "true", '[{"name":"A","type":"buy","quantity":1}]'];

test.each(wholes)("%s is no order", (json) => {
  expect(read(json)).toEqual({ wrong: 'an order is an object {"name", "type", "quantity"}' });
});

const fields: [order: Record<string, unknown>, message: string][] = [
  [{ type: "buy", quantity: 1 }, "name is missing"],
  [{}, "name is missing"],
  [{ ...good, name: null }, "name must be"],
  [{ ...good, name: "A B" }, "name must be"],
  [{ ...good, name: 1 }, "name must be"],
  [{ ...good, name: ".." }, "name must be"],
  [{ name: "A", quantity: 1 }, "type is missing"],
  [{ ...good, type: "BUY" }, "type must be"],
  [{ ...good, type: ["buy"] }, "type must be"],
  [{ name: "A", type: "buy" }, "quantity is missing"],
];

test.each(fields)("%j is told what is wrong: %s", (order, message) => {
  const result = readOrder(order);
  expect(result.order).toBeUndefined();
  expect(result).toMatchObject({ wrong: expect.stringContaining(message) });
});

test("a message never quotes what was sent", () => {
  const secret = "s3cret\r\n";
  for (const field of ["name", "type", "quantity", "expected_price", secret])
    expect(JSON.stringify(readOrder({ ...good, [field]: secret }))).not.toContain("s3cret");
});
