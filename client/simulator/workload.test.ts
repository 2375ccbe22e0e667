import { expect, test } from "bun:test";

import { quantities, workload, type WorkloadOptions } from "./workload.ts";

const names = ["BoarCo", "GameStart", "MenhirCo", "RottenFishCo"];
const steps = (count: number, options: Partial<WorkloadOptions> = {}) => [
  ...workload({ seed: 1, client: 0, names, probability: 1, ...options }).take(count),
];

test("the same seed gives each client the same requests again", () => {
  for (const client of [0, 1, 2]) expect(steps(100, { client })).toEqual(steps(100, { client }));
});

test("another seed, and another client, gives other requests", () => {
  const streams = [
    { seed: 0, client: 0 },
    { seed: 0, client: 1 },
    { seed: 1, client: 0 },
    { seed: 1, client: 1 },
    { seed: 2 ** 32 - 1, client: 0 },
  ].map((options) => JSON.stringify(steps(20, options)));
  expect(new Set(streams).size).toBe(streams.length);
});

test("what a client asks does not hang on how the clients take turns", () => {
  const alone = steps(50, { client: 1 });
  const [first, second] = [0, 1].map((client) => workload({ seed: 1, client, names, probability: 1 }));
  const interleaved = Array.from({ length: 50 }, (_, turn) => {
    for (let extra = 0; extra < turn % 3; extra++) first!.next();
    return second!.next().value;
  });
  expect(interleaved).toEqual(alone);
});

test("half of the orders buy and half sell", () => {
  const buys = steps(20_000).filter(({ order }) => order?.type === "buy").length;
  expect(buys / 20_000).toBeWithin(0.48, 0.52);
});

test("quantities are the whole range from 1 to 1,000, both ends included, and nothing else", () => {
  const seen = new Set(steps(20_000).map(({ order }) => order?.quantity));
  expect(quantities).toEqual({ least: 1, most: 1_000 });
  expect([...seen].toSorted((a = 0, b = 0) => a - b)).toEqual(
    Array.from({ length: 1_000 }, (_, at) => at + 1),
  );
});

test.each([0, 0.2, 0.5, 0.8, 1])(
  "with probability %d that share of the lookups is followed by an order",
  (p) => {
    const share = steps(20_000, { probability: p }).filter(({ order }) => order !== null).length / 20_000;
    expect(Math.abs(share - p)).toBeLessThan(p === 0 || p === 1 ? Number.EPSILON : 0.02);
  },
);

test("every stock is looked up as often as another, and an order is for the stock that was looked up", () => {
  const all = steps(20_000);
  for (const name of names) {
    expect(all.filter((step) => step.name === name).length / 20_000).toBeWithin(0.23, 0.27);
  }
  expect(all.every(({ name, order }) => order?.name === name)).toBe(true);
});

test("another probability does not change which stocks are looked up", () => {
  const lookups = (probability: number) => steps(100, { probability }).map(({ name }) => name);
  expect(lookups(0.2)).toEqual(lookups(0.8));
});
