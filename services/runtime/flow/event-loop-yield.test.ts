import { expect, test } from "bun:test";

import { EventLoopYield } from "./event-loop-yield.ts";

test("after so many at once, the next wait until everything else had its turn, and then go on together", async () => {
  const turns = new EventLoopYield(3);
  const taken = Array.from({ length: 5 }, () => turns.take());
  expect(taken.map((turn) => turn === undefined)).toEqual([true, true, true, false, false]);
  const seen: string[] = [];
  const going = taken.filter((turn) => turn !== undefined).map((turn) => turn.then(() => seen.push("next")));
  queueMicrotask(() => seen.push("other"));
  await Promise.all(going);
  expect(seen).toEqual(["other", "next", "next"]);
  expect(turns.take()).toBeUndefined();
});
