import { expect, test } from "bun:test";

import { FakeClock } from "../../../testing/fake-clock.ts";
import { SerialQueue } from "./serial-queue.ts";

test("tasks run one at a time, in order, whatever each takes", async () => {
  const clock = new FakeClock();
  const queue = new SerialQueue();
  const seen: string[] = [];
  const task = (name: string, tookMs: number) =>
    queue.run(async () => {
      seen.push(`${name} begins`);
      await clock.sleep(tookMs);
      seen.push(`${name} ends`);
      return name;
    });
  const results = Promise.all([task("a", 10), task("b", 0), task("c", 5)]);
  await clock.advance(15);
  expect(await results).toEqual(["a", "b", "c"]);
  expect(seen).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

test("a task that fails fails its caller, and no task after it", async () => {
  const queue = new SerialQueue();
  const failed = queue.run(() => Promise.reject(new Error("no")));
  const next = queue.run(async () => "next");
  expect(await failed.catch((error: Error) => error.message)).toBe("no");
  expect(await next).toBe("next");
});

test("it is idle when every task that was given until then is done", async () => {
  const queue = new SerialQueue();
  const { promise, resolve } = Promise.withResolvers<void>();
  let isDone = false;
  void queue.run(() => promise).then(() => (isDone = true));
  const idle = queue.idle();
  resolve();
  await idle;
  expect(isDone).toBe(true);
});
