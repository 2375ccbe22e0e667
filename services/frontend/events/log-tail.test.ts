import { expect, test } from "bun:test";

import { ok } from "../../contract/reply.ts";
import { LogTail } from "./log-tail.ts";

interface Row {
  number: number;
  age: string;
}

const rowsOf = (from: number, to: number, age = "new"): Row[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => ({ number: from + index, age }));

/** A log of `length` rows, read in pages of `pageRows`; each read waits until the test lets it finish. */
const away = { ok: false, arrived: "maybe" } as const;

function tailOf({ length = 10, pageRows = 4, maxRows = 6, pieceRows = 100 } = {}) {
  const log = {
    length,
    reads: [] as number[],
    limits: [] as number[],
    gate: Promise.resolve(),
    age: "new",
    isAway: false,
  };
  const read = async (after: number, limit: number) => {
    log.reads.push(after);
    log.limits.push(limit);
    const { age } = log;
    const last = Math.min(log.length, after + Math.min(limit, pageRows));
    await log.gate;
    return log.isAway ? away : ok({ rows: rowsOf(after + 1, last, age) });
  };
  const tail = new LogTail("rows", read, { cachedRows: maxRows, pageRows, pieceRows });
  return { log, tail };
}

test("nothing is read before the head is reported, nor past the head", async () => {
  const { log, tail } = tailOf();
  expect([tail.head, await tail.after(0)]).toEqual([undefined, []]);
  tail.headReported(0);
  expect(await tail.after(0)).toEqual([]);
  tail.headReported(3);
  expect([tail.head, await tail.after(3), await tail.after(9)]).toEqual([3, [], []]);
  expect(log.reads).toEqual([]);
});

test("rows come in order and without a gap, page after page", async () => {
  const { tail } = tailOf({ length: 10 });
  tail.headReported(10);
  const got: Row[] = [];
  for (let page = await tail.after(0); page.length > 0; page = await tail.after(got.length))
    got.push(...page);
  expect(got).toEqual(rowsOf(1, 10));
});

test("a page is read once for all readers at a time, and not again while it is near the head", async () => {
  const { log, tail } = tailOf({ length: 4 });
  tail.headReported(4);
  const answers = await Promise.all(Array.from({ length: 100 }, () => tail.after(0)));
  expect(new Set(answers.map((rows) => rows.length))).toEqual(new Set([4]));
  expect([await tail.after(1), await tail.after(0)]).toEqual([rowsOf(2, 4), rowsOf(1, 4)]);
  expect(log.reads).toEqual([0]);
});

test("it remembers no more rows than it may, and those nearest the head", async () => {
  const { log, tail } = tailOf({ length: 12, pageRows: 4, maxRows: 6 });
  tail.headReported(12);
  for (const after of [0, 4, 8]) await tail.after(after);
  expect(await tail.after(6)).toEqual(rowsOf(7, 12));
  expect(log.reads).toEqual([0, 4, 8]);
  expect(await tail.after(5)).toEqual(rowsOf(6, 9));
  expect(await tail.after(6)).toEqual(rowsOf(7, 12));
  expect(log.reads).toEqual([0, 4, 8, 5]);
});

test("someone far behind does not drive the rows near the head out", async () => {
  const { log, tail } = tailOf({ length: 100 });
  tail.headReported(100);
  await tail.after(96);
  for (let after = 0; after < 40; after += 4)
    expect(await tail.after(after)).toEqual(rowsOf(after + 1, after + 4));
  const reads = log.reads.length;
  expect(await tail.after(96)).toEqual(rowsOf(97, 100));
  expect(log.reads.length).toBe(reads);
});

test("a service that does not answer is asked again, and nothing is lost", async () => {
  const { log, tail } = tailOf({ length: 4 });
  tail.headReported(4);
  log.isAway = true;
  expect(await tail.after(0)).toEqual([]);
  log.isAway = false;
  expect(await tail.after(0)).toEqual(rowsOf(1, 4));
});

test("the error of a read reaches its callers, and the next call reads again", async () => {
  let isBroken = true;
  const read = async (after: number) => {
    if (isBroken) throw new Error("broken");
    return ok({ rows: rowsOf(after + 1, 4) });
  };
  const tail = new LogTail("rows", read, { cachedRows: 6, pageRows: 4, pieceRows: 4 });
  tail.headReported(4);
  const [first, second] = await Promise.allSettled([tail.after(0), tail.after(0)]);
  expect([first?.status, second?.status]).toEqual(["rejected", "rejected"]);
  isBroken = false;
  expect(await tail.after(0)).toEqual(rowsOf(1, 4));
});

test("a log that became shorter is detected, and no earlier row is answered from memory", async () => {
  const { log, tail } = tailOf({ length: 4 });
  expect(tail.headReported(4)).toBe(false);
  await tail.after(0);
  expect([tail.headReported(4), tail.headReported(5)]).toEqual([false, false]);
  Object.assign(log, { length: 3, age: "restored" });
  expect([tail.headReported(3), tail.head]).toEqual([true, 3]);
  expect(await tail.after(0)).toEqual(rowsOf(1, 3, "restored"));
});

test("a page that was asked for before the log became shorter is not cached", async () => {
  const { log, tail } = tailOf({ length: 4 });
  tail.headReported(4);
  const gate = Promise.withResolvers<void>();
  log.gate = gate.promise;
  const asked = tail.after(0);
  Object.assign(log, { length: 3, age: "restored", gate: Promise.resolve() });
  tail.headReported(3);
  const fresh = await tail.after(0);
  gate.resolve();
  await asked;
  expect(fresh).toEqual(rowsOf(1, 3, "restored"));
  expect(await tail.after(0)).toEqual(fresh);
  expect(log.reads).toEqual([0, 0]);
});

test("a number past the reported head is read, not denied", async () => {
  const { log, tail } = tailOf({ length: 5 });
  expect(await tail.reaches(0)).toBe(true);
  tail.headReported(3);
  expect([await tail.reaches(3), log.reads.length]).toEqual([true, 0]);
  expect([await tail.reaches(5), await tail.reaches(6)]).toEqual([true, false]);
  log.isAway = true;
  expect([await tail.reaches(2), await tail.reaches(5)]).toEqual([true, undefined]);
});

test("a stream gets no more rows at once than a piece has, from memory and from a read", async () => {
  const { log, tail } = tailOf({ length: 10, pageRows: 6, maxRows: 6, pieceRows: 2 });
  tail.headReported(10);
  const got: Row[] = [];
  for (let piece = await tail.after(0); piece.length > 0; piece = await tail.after(got.length)) {
    expect(piece.length).toBeLessThanOrEqual(2);
    got.push(...piece);
  }
  expect(got).toEqual(rowsOf(1, 10));
  expect(log.reads).toEqual([0, 6]);
});

test("a stream far behind reads only its piece, and takes nothing from those near the head", async () => {
  const { log, tail } = tailOf({ length: 100, pageRows: 6, maxRows: 6, pieceRows: 2 });
  tail.headReported(100);
  await tail.after(94);
  expect(await tail.after(10)).toEqual(rowsOf(11, 12));
  expect(await tail.after(98)).toEqual(rowsOf(99, 100));
  expect([log.reads, log.limits]).toEqual([
    [94, 10],
    [6, 2],
  ]);
});
