import { expect, test } from "bun:test";

import { FakeClock } from "../../../testing/fake-clock.ts";
import { RefusalThrottle } from "./refusal-throttle.ts";

test("callers go on in their order, and at no higher rate than allowed", async () => {
  const clock = new FakeClock();
  const throttle = new RefusalThrottle(1_000, 1_000, clock);
  const order: number[] = [];
  for (let index = 0; index < 100; index += 1) void throttle.wait().then(() => order.push(index));
  await clock.advance(4);
  expect(order).toEqual([]);
  await clock.advance(46);
  expect(order.length).toBe(50);
  await clock.advance(50);
  expect(order).toEqual(Array.from({ length: 100 }, (_, index) => index));
});

test("a caller that finds too many waiting goes on at once", async () => {
  const clock = new FakeClock();
  const throttle = new RefusalThrottle(200, 2, clock);
  const order: string[] = [];
  for (const name of ["a", "b"]) void throttle.wait().then(() => order.push(name));
  await throttle.wait();
  expect(order).toEqual([]);
  await clock.advance(10);
  expect(order).toEqual(["a", "b"]);
});
