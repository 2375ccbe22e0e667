import { expect, test } from "bun:test";

import { FakeClock } from "../../../testing/fake-clock.ts";
import { Semaphore, type SemaphoreOptions } from "./semaphore.ts";

function semaphoreOf(options: Partial<SemaphoreOptions> = {}) {
  const clock = new FakeClock();
  return {
    clock,
    semaphore: new Semaphore({ maxAtOnce: 2, maxWaiting: 2, maxWaitMs: 1_000, clock, ...options }),
  };
}

/** A task that ends when the test ends it. */
function task() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { run: () => promise, end: resolve, fail: reject };
}

const neverStarted = () => Promise.reject(new Error("started"));

test("no more tasks run at once than may, and the others follow in order", async () => {
  const { semaphore, clock } = semaphoreOf();
  const tasks = [task(), task(), task(), task()];
  const started: number[] = [];
  const results = tasks.map(({ run }, index) =>
    semaphore.run(() => {
      started.push(index);
      return run();
    }),
  );
  await clock.turn();
  expect(started).toEqual([0, 1]);
  tasks[1]?.end("b");
  await clock.turn();
  expect(started).toEqual([0, 1, 2]);
  tasks[0]?.end("a");
  await clock.turn();
  expect(started).toEqual([0, 1, 2, 3]);
  tasks[2]?.end("c");
  tasks[3]?.end("d");
  expect(await Promise.all(results)).toEqual(["a", "b", "c", "d"]);
});

test("a task that finds too many waiting is not started", async () => {
  const { semaphore } = semaphoreOf({ maxWaiting: 1 });
  const running = task();
  const first = [1, 2, 3].map(() => semaphore.run(running.run));
  expect(await semaphore.run(neverStarted)).toBeUndefined();
  running.end("done");
  expect(await Promise.all(first)).toEqual(["done", "done", "done"]);
});

test("a task that waited too long is not started, and takes no place later", async () => {
  const { semaphore, clock } = semaphoreOf({ maxAtOnce: 1, maxWaitMs: 20 });
  const running = task();
  const first = semaphore.run(running.run);
  const late = semaphore.run(neverStarted);
  await clock.advance(20);
  expect(await late).toBeUndefined();
  running.end("done");
  expect(await first).toBe("done");
  expect(await semaphore.run(async () => "next")).toBe("next");
});

test("a task that was started in time is not given up later", async () => {
  const { semaphore, clock } = semaphoreOf({ maxAtOnce: 1, maxWaitMs: 20 });
  const [first, second] = [task(), task()];
  void semaphore.run(first.run);
  const result = semaphore.run(second.run);
  await clock.advance(19);
  first.end("done");
  await clock.advance(100);
  second.end("second");
  expect(await result).toBe("second");
});

test("a task that fails frees its place", async () => {
  const { semaphore } = semaphoreOf({ maxAtOnce: 1 });
  const running = task();
  const failing = semaphore.run(running.run);
  const next = semaphore.run(async () => "next");
  running.fail(new Error("failed"));
  expect(await failing.catch(String)).toBe("Error: failed");
  expect(await next).toBe("next");
});
