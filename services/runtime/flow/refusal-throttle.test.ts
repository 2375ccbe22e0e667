import { expect, test } from "bun:test";

import { RefusalThrottle } from "./refusal-throttle.ts";

test("callers go on in their order, and no faster than the pace", async () => {
  const pacer = new RefusalThrottle(1_000, 1_000);
  const started = performance.now();
  const order: number[] = [];
  await Promise.all(Array.from({ length: 100 }, (_, index) => pacer.wait().then(() => order.push(index))));
  expect(order).toEqual(Array.from({ length: 100 }, (_, index) => index));
  expect(performance.now() - started).toBeGreaterThanOrEqual(95);
});

test("a caller who finds too many waiting goes on at once", async () => {
  const pacer = new RefusalThrottle(200, 2);
  const order: string[] = [];
  const waiting = ["a", "b"].map((name) => pacer.wait().then(() => order.push(name)));
  await pacer.wait();
  expect(order).toEqual([]);
  await Promise.all(waiting);
});
