import { expect, test } from "bun:test";

import fc from "fast-check";

import { systemClock } from "../../runtime/flow/clock.ts";
import { FakeLogs, type SentEvent } from "./fake-logs.fixture.ts";
import { eventStream } from "./stream.ts";

const summary = (events: readonly SentEvent[]): string[] => events.map(({ id, event }) => `${event} ${id}`);

function opened(trades: number, changes: number): FakeLogs {
  const books = new FakeLogs();
  books.grow(trades, changes);
  books.announce();
  return books;
}

test("without an id a stream begins now: a hello with the position, then what comes after", async () => {
  const books = opened(5, 2);
  const following = books.follow();
  expect(await following.read()).toEqual([{ id: "5-2", event: "hello", data: { trades: 5, changes: 2 } }]);
  books.grow(1, 1);
  books.announce();
  expect(summary(await following.read())).toEqual(["stock 5-3", "trade 6-3"]);
});

test("an event shows what the rest of the API shows", async () => {
  const books = opened(1, 1);
  const [, change, trade] = await books.follow("0-0").read();
  expect(change?.data).toEqual({
    change: 1,
    kind: "restock",
    at: "1970-01-01T00:00:00.000Z",
    name: "A",
    price: 15.99,
    quantity: 1,
    volume: 0,
    status: "open",
    version: 1,
  });
  expect(trade?.data).toEqual({
    number: 1,
    name: "A",
    type: "buy",
    quantity: 3,
    price: 15.99,
    at: "1970-01-01T00:00:00.000Z",
    quantity_after: 97,
    stock_version: 2,
  });
});

test("from 0-0 comes everything, once and in order", async () => {
  const books = opened(7, 4);
  const events = await books.follow("0-0").read();
  expect(events.map(({ data }) => data["number"]).filter(Boolean)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(events.map(({ data }) => data["change"]).filter(Boolean)).toEqual([1, 2, 3, 4]);
  expect(events.at(-1)?.id).toBe("7-4");
});

test("a stream resumes from every id without a gap or a repeat", async () => {
  const books = opened(7, 4);
  const all = await books.follow("0-0").read();
  const seen = (events: readonly SentEvent[], log: string) =>
    events.filter(({ event }) => event === log).map(({ data }) => data["number"] ?? data["change"]);
  for (const [index, { id }] of all.entries()) {
    const [hello, ...rest] = await books.follow(id).read(2);
    expect(summary([hello!])).toEqual([`hello ${id}`]);
    const before = all.slice(0, index + 1);
    expect([...seen(before, "trade"), ...seen(rest, "trade")]).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect([...seen(before, "stock"), ...seen(rest, "stock")]).toEqual([1, 2, 3, 4]);
  }
});

test.each(["8-4", "7-5", "9007199254740991-9007199254740991"])(
  "an id that is ahead (%s) gets a reset to the heads first, then what comes after",
  async (id) => {
    const books = opened(7, 4);
    const following = books.follow(id);
    expect(await following.read()).toEqual([{ id: "7-4", event: "reset", data: { trades: 7, changes: 4 } }]);
    books.grow(1);
    books.announce();
    expect(summary(await following.read())).toEqual(["trade 8-4"]);
  },
);

test("an id from another frontend that is ahead of the reported heads resumes without a reset", async () => {
  const books = opened(7, 4);
  books.grow(2, 1);
  const following = books.follow("9-5");
  expect(summary(await following.read())).toEqual(["hello 9-5"]);
  books.announce();
  books.grow(1);
  books.announce();
  expect(summary(await following.read())).toEqual(["trade 10-5"]);
});

test("while the services do not answer, an id that may be ahead gets neither a reset nor an event", async () => {
  const books = opened(7, 4);
  books.isAway = true;
  const following = books.follow("8-4");
  expect([await following.read(), following.isDone]).toEqual([[], true]);
});

test("before the heads are known a stream from now on waits, and begins at the first ones", async () => {
  const books = new FakeLogs();
  books.grow(5, 2);
  const following = books.follow();
  expect([await following.read(), following.isDone]).toEqual([[], false]);
  books.logs.tradesReported(5);
  expect([await following.read(), following.isDone]).toEqual([[], false]);
  books.announce();
  expect(summary(await following.read())).toEqual(["hello 5-2"]);
  books.grow(1);
  books.announce();
  expect(summary(await following.read())).toEqual(["trade 6-2"]);
});

test("before the heads are known a stream from an id that the books do not have waits for them, then resets", async () => {
  const books = new FakeLogs();
  books.grow(5, 2);
  const following = books.follow("9-9");
  expect([await following.read(), following.isDone]).toEqual([[], false]);
  books.announce();
  expect(summary(await following.read())).toEqual(["reset 5-2"]);
});

test("a stream that waits for the heads ends with the logs, and carries comments until then", async () => {
  const books = new FakeLogs();
  const stream = eventStream({
    logs: books.logs,
    clock: systemClock,
    from: undefined,
    signal: new AbortController().signal,
  });
  const texts = [(await stream.next()).value, (await stream.next()).value];
  expect(texts).toEqual(["retry: 500\n\n", ": beat\n\n"]);
  const last = stream.next();
  books.logs.close();
  expect((await last).value ?? ": beat\n\n").toBe(": beat\n\n");
  expect((await stream.next()).done).toBe(true);
});

test("a trade is sent when it is in the ledger, not when it is announced", async () => {
  const books = opened(2, 0);
  const following = books.follow("0-0");
  books.logs.tradesReported(4);
  expect(summary(await following.read())).toEqual(["hello 0-0", "trade 1-0", "trade 2-0"]);
  books.grow(2);
  expect(summary(await following.read(250))).toEqual(["trade 3-0", "trade 4-0"]);
});

test("a page that cannot be read is read later", async () => {
  const books = opened(2, 1);
  books.isAway = true;
  const following = books.follow("0-0");
  expect(summary(await following.read())).toEqual(["hello 0-0"]);
  books.isAway = false;
  expect(summary(await following.read(250))).toEqual(["stock 0-1", "trade 1-1", "trade 2-1"]);
});

test("a log that became shorter sends a reset to all streams, then only its current rows", async () => {
  const books = opened(5, 1);
  const followings = [books.follow("0-0"), books.follow("5-1"), books.follow()];
  for (const following of followings) await following.read();
  books.trades.length = 3;
  books.announce();
  for (const following of followings)
    expect(await following.read()).toEqual([{ id: "3-1", event: "reset", data: { trades: 3, changes: 1 } }]);
  books.grow(1, 0, 7_000);
  books.announce();
  for (const following of followings) {
    const events = await following.read();
    expect(summary(events)).toEqual(["trade 4-1"]);
    expect(events[0]?.data["at"]).toBe("1970-01-01T00:00:07.000Z");
  }
});

test("a market that was restored sends a reset, although its logs are as long as before", async () => {
  const books = opened(5, 1);
  const following = books.follow("5-1");
  await following.read();
  books.incarnation = 2;
  books.announce();
  expect(await following.read()).toEqual([{ id: "5-1", event: "reset", data: { trades: 5, changes: 1 } }]);
});

test("a row that was read of the log as it was is never sent after the reset", async () => {
  const books = opened(5, 0);
  const following = books.follow("0-0");
  // The stream has asked for its first page when the market is restored.
  const reading = following.read();
  await Promise.resolve();
  books.trades = [];
  books.grow(4, 0, 7_000);
  books.incarnation = 2;
  books.announce();
  const events = await reading;
  const afterReset = events.slice(events.findIndex(({ event }) => event === "reset") + 1);
  expect(events.some(({ event }) => event === "reset")).toBe(true);
  for (const { data } of afterReset) expect(data["at"]).toBe("1970-01-01T00:00:07.000Z");
});

test("a stream ends when the logs closes", async () => {
  const books = opened(1, 0);
  const following = books.follow("0-0");
  await following.read();
  books.logs.close();
  await following.read();
  expect(following.isDone).toBe(true);
});

test("an idle stream sends a comment before an idle connection is cut", async () => {
  const books = opened(1, 0);
  const stream = eventStream({
    logs: books.logs,
    clock: systemClock,
    from: undefined,
    signal: new AbortController().signal,
  });
  const texts = [await stream.next(), await stream.next()];
  const started = performance.now();
  texts.push(await stream.next());
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(texts.map(({ value }) => String(value).split("\n")[0])).toEqual(["retry: 500", "id: 1-0", ": beat"]);
});

const Step = fc.oneof(
  fc.record({ kind: fc.constant("grow" as const), trades: fc.nat(4), changes: fc.nat(2) }),
  fc.constant({ kind: "announce" as const }),
  fc.constant({ kind: "read" as const }),
  fc.constant({ kind: "cut" as const }),
  fc.constant({ kind: "away" as const }),
);

test("whatever grows, is announced late, is away or is cut: a follower has every row once and in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(Step, { maxLength: 25 }), async (steps) => {
      const books = opened(2, 2);
      const events: SentEvent[] = [];
      let id = "0-0";
      let following = books.follow(id);
      const collect = async (quietMs: number): Promise<void> => {
        events.push(...(await following.read(quietMs)));
        id = events.at(-1)?.id ?? id;
      };
      const reconnect = (): void => {
        following.cut();
        following = books.follow(id);
      };
      for (const step of steps) {
        if (step.kind === "grow") books.grow(step.trades, step.changes);
        if (step.kind === "announce") books.announce();
        if (step.kind === "read") await collect(1);
        if (step.kind === "away") books.isAway = !books.isAway;
        if (step.kind === "cut") reconnect();
      }
      books.isAway = false;
      books.announce();
      reconnect();
      await collect(5);
      const rows = (log: string) =>
        events.filter(({ event }) => event === log).map(({ data }) => data["number"] ?? data["change"]);
      expect(rows("trade")).toEqual(books.trades.map(({ number }) => number));
      expect(rows("stock")).toEqual(books.changes.map(({ number }) => number));
      expect(rows("reset")).toEqual([]);
    }),
    { numRuns: 60 },
  );
}, 20_000);
