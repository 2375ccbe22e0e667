import { expect, test } from "bun:test";

import { FakeClock } from "./fake-clock.ts";

test("timers run in order of their time, then of their setting, and what follows from one runs before the next", async () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  clock.after(20, () => seen.push(`b at ${clock.now()}`));
  clock.after(10, () => {
    seen.push(`a at ${clock.now()}`);
    void Promise.resolve().then(() => seen.push("after a"));
  });
  clock.after(20, () => seen.push("c"));
  await clock.advance(20);
  expect(seen).toEqual(["a at 10", "after a", "b at 20", "c"]);
});

test("nothing runs before its time, nor after it was cancelled", async () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  clock.after(10, () => seen.push("late"));
  clock.after(5, () => seen.push("cancelled"))();
  const cancel = clock.every(3, () => seen.push(`tick ${clock.now()}`));
  await clock.advance(9);
  cancel();
  expect(seen).toEqual(["tick 3", "tick 6", "tick 9"]);
  await clock.advance(1);
  expect(seen.at(-1)).toBe("late");
});
