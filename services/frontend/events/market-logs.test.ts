import { expect, test } from "bun:test";

import { FakeLogs } from "./fake-logs.fixture.ts";

/** Whether `promise` is settled once all that is due now has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), Bun.sleep(1).then(() => false)]);
}

test("the head is known once both services have reported theirs", () => {
  const { logs } = new FakeLogs();
  expect(logs.head).toBeUndefined();
  logs.tradesReported(5);
  expect(logs.head).toBeUndefined();
  logs.changesReported(3, 1);
  expect(logs.head).toEqual({ trade: 5, change: 3 });
});

test("a stream is woken by a log that grew, and not by a report of the same head", async () => {
  const { logs } = new FakeLogs();
  logs.tradesReported(5);
  logs.changesReported(3, 1);
  for (const grow of [() => logs.tradesReported(6), () => logs.changesReported(4, 1)]) {
    const waiting = logs.changed(10_000);
    logs.tradesReported(logs.head?.trade ?? 0);
    logs.changesReported(logs.head?.change ?? 0, 1);
    expect(await isSettled(waiting)).toBe(false);
    grow();
    expect(await isSettled(waiting)).toBe(true);
  }
});

test("waiting ends by itself, and at once when the logs closes", async () => {
  const { logs } = new FakeLogs();
  await logs.changed(1);
  const waiting = Promise.all(Array.from({ length: 10 }, () => logs.changed(10_000)));
  logs.close();
  expect(await isSettled(waiting)).toBe(true);
  expect([logs.isClosed, await isSettled(logs.changed(10_000))]).toEqual([true, true]);
});

test("logs that only grow never count a generation, even when a head is reported again", () => {
  const { logs } = new FakeLogs();
  for (const head of [0, 0, 3, 3, 9]) {
    logs.tradesReported(head);
    logs.changesReported(head, 1);
  }
  expect(logs.generation).toBe(0);
});

test("a log that became shorter, and a market that was restored, each count a generation and wake the streams", async () => {
  const { logs } = new FakeLogs();
  logs.tradesReported(9);
  logs.changesReported(9, 1);
  const steps = [
    () => logs.tradesReported(8),
    () => logs.changesReported(8, 1),
    () => logs.changesReported(8, 2),
  ];
  for (const [index, step] of steps.entries()) {
    const waiting = logs.changed(10_000);
    step();
    expect([logs.generation, await isSettled(waiting)]).toEqual([index + 1, true]);
  }
});

test("a position is known when both logs have it, whatever heads were reported last", async () => {
  const books = new FakeLogs();
  books.grow(5, 2);
  books.logs.tradesReported(3);
  books.logs.changesReported(1, 1);
  const { logs } = books;
  expect(await logs.reaches({ trade: 3, change: 1 })).toBe(true);
  expect(await logs.reaches({ trade: 5, change: 2 })).toBe(true);
  expect(await logs.reaches({ trade: 6, change: 2 })).toBe(false);
  expect(await logs.reaches({ trade: 5, change: 3 })).toBe(false);
  books.isAway = true;
  expect(await logs.reaches({ trade: 5, change: 1 })).toBeUndefined();
  expect(await logs.reaches({ trade: 3, change: 1 })).toBe(true);
});
