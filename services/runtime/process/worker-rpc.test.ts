import { expect, test } from "bun:test";
import { Worker } from "node:worker_threads";

import type { FixtureMethods } from "./worker-rpc.fixture.ts";
import { serveCalls, WorkerCalls } from "./worker-rpc.ts";

function start() {
  const crashes: unknown[] = [];
  const notices: string[] = [];
  const crashed = Promise.withResolvers<unknown>();
  const calls = new WorkerCalls<FixtureMethods, string>(
    new Worker(new URL("./worker-rpc.fixture.ts", import.meta.url)),
    {
      onCrash(error) {
        crashes.push(error);
        crashed.resolve(error);
      },
      onNotice: (notice) => notices.push(notice),
    },
  );
  return {
    calls,
    crashes,
    notices,
    crashed: crashed.promise,
    [Symbol.asyncDispose]: () => calls.terminate(),
  };
}

const messageOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "no error",
    (error: Error) => error.message,
  );

test("each call gets its own result, in the order of the calls", async () => {
  await using worker = start();
  const order: string[] = [];
  const results = await Promise.all([
    worker.calls.call("double", 4).finally(() => order.push("double")),
    worker.calls.call("greet", { name: "Ada" }).finally(() => order.push("greet")),
    worker.calls.call("double", 5).finally(() => order.push("double")),
  ]);
  expect(results).toEqual([8, { text: "hello Ada" }, 10]);
  expect(order).toEqual(["double", "greet", "double"]);
});

test("a notice arrives before the result of the call in which it was sent", async () => {
  await using worker = start();
  await worker.calls.call("greet", { name: "Ada" });
  expect(worker.notices).toEqual(["greets Ada"]);
});

test("a method that throws ends the thread: onCrash gets the error once, and waiting calls reject", async () => {
  await using worker = start();
  const waiting = ["first", "second"].map((text) => messageOf(worker.calls.call("fail", text)));
  expect(await worker.crashed).toBeInstanceOf(Error);
  expect(await Promise.all(waiting)).toEqual(["first", "first"]);
  expect(await messageOf(worker.calls.call("double", 1))).toContain("has ended");
  expect(worker.crashes.length).toBe(1);
});

test("a thread that exits has crashed", async () => {
  await using worker = start();
  const waiting = messageOf(worker.calls.call("exit", 3));
  expect(String(await worker.crashed)).toContain("the worker thread ended with code");
  expect(await waiting).toContain("the worker thread ended with code");
});

test("terminating is no crash, and rejects the calls that have no result", async () => {
  const worker = start();
  await worker.calls.call("double", 1);
  const waiting = messageOf(worker.calls.call("block", 5_000));
  await worker.calls.terminate();
  expect(await waiting).toBe("the worker thread was terminated");
  expect(worker.crashes).toEqual([]);
});

test("a module for a worker says so when it is loaded in another way", () => {
  expect(() => serveCalls(null, {})).toThrow("worker thread only");
});
