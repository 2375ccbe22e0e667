import { expect, test } from "bun:test";

import { FakeClock } from "../../../testing/fake-clock.ts";
import { EventLoopYield } from "./event-loop-yield.ts";

test("after so many in one turn the next ones wait until everything else has run, and then go on together", async () => {
  const clock = new FakeClock();
  const yields = new EventLoopYield(3, clock);
  const taken = Array.from({ length: 5 }, () => yields.take());
  expect(taken.map((turn) => turn === undefined)).toEqual([true, true, true, false, false]);
  const seen: string[] = [];
  for (const turn of taken) void turn?.then(() => seen.push("next"));
  queueMicrotask(() => seen.push("other"));
  await clock.turn();
  expect(seen).toEqual(["other", "next", "next"]);
  expect(yields.take()).toBeUndefined();
});
