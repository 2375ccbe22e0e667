import { expect, test } from "bun:test";

import { systemClock, type Clock } from "../../services/runtime/flow/clock.ts";
import { DutyCycle, LogCursor, pageRows } from "./paging.ts";

test("an audit that never rests can be ended between two pages all the same", async () => {
  const stop = new AbortController();
  const dutyCycle = new DutyCycle(0, stop.signal, systemClock);
  setTimeout(() => stop.abort(new Error("ended")), 1);
  const pages = async (): Promise<void> => {
    const deadline = performance.now() + 2_000;
    while (performance.now() < deadline) await dutyCycle.rest();
  };
  expect(await pages().catch(String)).toBe("Error: ended");
});

test("the rest after a page is a multiple of its time, at most a second, and its own time is not counted", async () => {
  const restsMs: number[] = [];
  let nowMs = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => nowMs,
    async sleep(durationMs) {
      restsMs.push(durationMs);
      nowMs += durationMs;
    },
  };
  const dutyCycle = new DutyCycle(15, undefined, clock);
  for (const pageMs of [2, 10, 5_000, 1]) {
    nowMs += pageMs;
    await dutyCycle.rest();
  }
  expect(restsMs).toEqual([30, 150, 1_000, 15]);
});

const withoutRest = new DutyCycle(0, undefined, systemClock);

/** A log with these numbers, which counts how often it is read. */
function logOf(numbers: readonly number[]) {
  const reads: number[] = [];
  const read = async (after: number, limit: number) => {
    reads.push(after);
    return numbers
      .filter((number) => number > after)
      .slice(0, limit)
      .map((number) => ({ number }));
  };
  return { reads, read };
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

async function takeAll(cursor: LogCursor<{ number: number }>): Promise<number[]> {
  const taken: number[] = [];
  for (let row = await cursor.take(); row; row = await cursor.take()) taken.push(row.number);
  return taken;
}

test.each<[what: string, log: number[], last: number, rows: number[], reads: number]>([
  ["an empty log", [], 0, [], 0],
  ["a log that lost its rows", [], 3, [], 1],
  ["part of a page", upTo(3), 3, upTo(3), 1],
  ["a full page", upTo(pageRows), pageRows, upTo(pageRows), 1],
  ["several pages", upTo(2 * pageRows + 1), 2 * pageRows + 1, upTo(2 * pageRows + 1), 3],
  ["a log that grows past the last number", upTo(10), 7, upTo(7), 1],
  ["a log that ends before the last number", upTo(pageRows), pageRows + 5, upTo(pageRows), 2],
  ["a log with gaps, its last number in one", [2, 3, 9], 8, [2, 3], 1],
])("a cursor takes each row of %s once, in order", async (_, log, last, rows, reads) => {
  const { read, reads: made } = logOf(log);
  const cursor = new LogCursor(read, withoutRest, last);
  expect(await takeAll(cursor)).toEqual(rows);
  expect(made).toHaveLength(reads);
  expect(await cursor.take()).toBeUndefined();
  expect(made).toHaveLength(reads);
});

test("peek shows the next row and leaves it there", async () => {
  const cursor = new LogCursor(logOf([1, 2]).read, withoutRest, 2);
  expect([await cursor.peek(), await cursor.peek(), await cursor.take()]).toEqual(
    [1, 1, 1].map((number) => ({ number })),
  );
  expect(await cursor.peek()).toEqual({ number: 2 });
});
