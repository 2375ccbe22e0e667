import { expect, test } from "bun:test";

import { SerialQueue } from "./serial-queue.ts";

test("tasks run one at a time, in order, whatever each takes", async () => {
  const line = new SerialQueue();
  const said: string[] = [];
  const task = (name: string, tookMs: number) =>
    line.run(async () => {
      said.push(`${name} begins`);
      await Bun.sleep(tookMs);
      said.push(`${name} ends`);
      return name;
    });
  expect(await Promise.all([task("a", 10), task("b", 0), task("c", 5)])).toEqual(["a", "b", "c"]);
  expect(said).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

test("a task that fails fails its caller, and nobody after it", async () => {
  const line = new SerialQueue();
  const failed = line.run(() => Promise.reject(new Error("no")));
  const next = line.run(async () => "next");
  expect(await failed.catch((error: Error) => error.message)).toBe("no");
  expect(await next).toBe("next");
});

test("it is idle when all that came until then is done", async () => {
  const line = new SerialQueue();
  let isDone = false;
  void line.run(async () => {
    await Bun.sleep(10);
    isDone = true;
  });
  await line.idle();
  expect(isDone).toBe(true);
});
