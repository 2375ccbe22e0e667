import { expect, test } from "bun:test";

import { Semaphore } from "./semaphore.ts";

const slotsOf = (options: Partial<ConstructorParameters<typeof Semaphore>[0]> = {}) =>
  new Semaphore({ maxAtOnce: 2, maxWaiting: 2, maxWaitMs: 1_000, ...options });

/** A task that ends when the test says so. */
function task() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { run: () => promise, end: resolve, fail: reject };
}

const aTurn = () => Bun.sleep(1);

test("no more tasks run at once than there are slots, and the others follow in order", async () => {
  const slots = slotsOf();
  const tasks = [task(), task(), task(), task()];
  const begun: number[] = [];
  const results = tasks.map(({ run }, index) =>
    slots.run(() => {
      begun.push(index);
      return run();
    }),
  );
  await aTurn();
  expect(begun).toEqual([0, 1]);
  tasks[1]?.end("b");
  await aTurn();
  expect(begun).toEqual([0, 1, 2]);
  tasks[0]?.end("a");
  await aTurn();
  expect(begun).toEqual([0, 1, 2, 3]);
  tasks[2]?.end("c");
  tasks[3]?.end("d");
  expect(await Promise.all(results)).toEqual(["a", "b", "c", "d"]);
});

test("a task that finds too many waiting is not begun", async () => {
  const slots = slotsOf({ maxWaiting: 1 });
  const held = task();
  const first = [1, 2, 3].map(() => slots.run(held.run));
  expect(await slots.run(() => Promise.reject(new Error("begun")))).toBeUndefined();
  held.end("done");
  expect(await Promise.all(first)).toEqual(["done", "done", "done"]);
});

test("a task that waited too long is not begun, and takes no slot later", async () => {
  const slots = slotsOf({ maxAtOnce: 1, maxWaitMs: 20 });
  const held = task();
  const first = slots.run(held.run);
  expect(await slots.run(() => Promise.reject(new Error("begun")))).toBeUndefined();
  held.end("done");
  expect(await first).toBe("done");
  expect(await slots.run(async () => "next")).toBe("next");
});

test("a task that fails leaves its slot", async () => {
  const slots = slotsOf({ maxAtOnce: 1 });
  const held = task();
  const failing = slots.run(held.run);
  const next = slots.run(async () => "next");
  held.fail(new Error("failed"));
  expect(await failing.catch(String)).toBe("Error: failed");
  expect(await next).toBe("next");
});
