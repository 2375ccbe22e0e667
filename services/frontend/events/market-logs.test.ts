import { expect, test } from "bun:test";

import { Books } from "./books.fixture.ts";

/** Whether `promise` is settled once all that is due now has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), Bun.sleep(1).then(() => false)]);
}

test("the heads are known once both services have said theirs", () => {
  const { hub } = new Books();
  expect(hub.heads).toBeUndefined();
  hub.sawTrades(5);
  expect(hub.heads).toBeUndefined();
  hub.sawChanges(3, 1);
  expect(hub.heads).toEqual({ trade: 5, change: 3 });
});

test("whoever waits is woken by a log that grew, and not by a beat that says nothing new", async () => {
  const { hub } = new Books();
  hub.sawTrades(5);
  hub.sawChanges(3, 1);
  for (const grow of [() => hub.sawTrades(6), () => hub.sawChanges(4, 1)]) {
    const waiting = hub.grown(10_000);
    hub.sawTrades(hub.heads?.trade ?? 0);
    hub.sawChanges(hub.heads?.change ?? 0, 1);
    expect(await isSettled(waiting)).toBe(false);
    grow();
    expect(await isSettled(waiting)).toBe(true);
  }
});

test("waiting ends by itself, and at once when the hub closes", async () => {
  const { hub } = new Books();
  await hub.grown(1);
  const waiting = Promise.all(Array.from({ length: 10 }, () => hub.grown(10_000)));
  hub.close();
  expect(await isSettled(waiting)).toBe(true);
  expect([hub.isClosed, await isSettled(hub.grown(10_000))]).toEqual([true, true]);
});

test("logs that only grow never count a generation, whatever is said again", () => {
  const { hub } = new Books();
  for (const head of [0, 0, 3, 3, 9]) {
    hub.sawTrades(head);
    hub.sawChanges(head, 1);
  }
  expect(hub.generation).toBe(0);
});

test("a log that got shorter, and a market that was restored, each count a generation and wake", async () => {
  const { hub } = new Books();
  hub.sawTrades(9);
  hub.sawChanges(9, 1);
  const steps = [() => hub.sawTrades(8), () => hub.sawChanges(8, 1), () => hub.sawChanges(8, 2)];
  for (const [index, step] of steps.entries()) {
    const waiting = hub.grown(10_000);
    step();
    expect([hub.generation, await isSettled(waiting)]).toEqual([index + 1, true]);
  }
});

test("a place is there when both logs go that far, whatever the services said last", async () => {
  const books = new Books();
  books.grow(5, 2);
  books.hub.sawTrades(3);
  books.hub.sawChanges(1, 1);
  const { hub } = books;
  expect(await hub.reaches({ trade: 3, change: 1 })).toBe(true);
  expect(await hub.reaches({ trade: 5, change: 2 })).toBe(true);
  expect(await hub.reaches({ trade: 6, change: 2 })).toBe(false);
  expect(await hub.reaches({ trade: 5, change: 3 })).toBe(false);
  books.isAway = true;
  expect(await hub.reaches({ trade: 5, change: 1 })).toBeUndefined();
  expect(await hub.reaches({ trade: 3, change: 1 })).toBe(true);
});
