import { expect, test } from "bun:test";
import fc from "fast-check";

import { centsOf, priceOf } from "./money.ts";

const top = 2 ** 50;

const prices: [price: number, cents: number | undefined][] = [
  [0, 0],
  [0.01, 1],
  [0.1, 10],
  [1, 100],
  [1.005, undefined],
  [2.5, 250],
  [15.99, 1599],
  [15.999, undefined],
  [16, 1600],
  [0.1 + 0.2, undefined],
  [0.001, undefined],
  [5e-324, undefined],
  [-0.01, undefined],
  [-1, undefined],
  [top / 100, top],
  [(top - 1) / 100, top - 1],
  [(top + 1) / 100, undefined],
  [1e21, undefined],
  [Number.MAX_VALUE, undefined],
  [Infinity, undefined],
  [-Infinity, undefined],
  [NaN, undefined],
];

test.each(prices)("the price %d is %p cents", (price, cents) => {
  expect(centsOf(price)).toBe(cents);
});

test("every number of cents from 0 to 2^50 survives the way out and back", () => {
  const ends = [0, 1, 99, 100, 101, top - 2, top - 1, top];
  const anyCents = fc.oneof(
    fc.integer({ min: 0, max: 1_000_000 }),
    fc.maxSafeInteger().map((n) => Math.abs(n) % (top + 1)),
  );
  for (const cents of ends) expect(centsOf(priceOf(cents))).toBe(cents);
  fc.assert(fc.property(anyCents, (cents) => centsOf(priceOf(cents)) === cents));
  fc.assert(fc.property(anyCents, (cents) => centsOf(JSON.parse(JSON.stringify(priceOf(cents)))) === cents));
});

test("a price is shown with at most two decimals, and without what it does not need", () => {
  expect(JSON.stringify([1599, 1600, 1650, 1, top].map(priceOf))).toBe(
    "[15.99,16,16.5,0.01,11258999068426.24]",
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: top }), (cents) =>
      /^\d+(\.\d{1,2})?$/.test(String(priceOf(cents))),
    ),
  );
});
