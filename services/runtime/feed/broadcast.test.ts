import { expect, test } from "bun:test";

import { FakeClock } from "../../../testing/fake-clock.ts";
import { Broadcast } from "./broadcast.ts";

const heartbeatMs = 20;
const minIntervalMs = 3;

/** A heartbeat carries the number of events that had been published when it was made, as the head of a log does. */
function setUp({ maxQueued = 100 } = {}) {
  const clock = new FakeClock();
  const published = { head: 0 };
  const broadcast = new Broadcast<string>({
    heartbeat: async () => `heartbeat ${published.head}`,
    heartbeatMs,
    coalesce: (events) => events.join(),
    minIntervalMs,
    maxQueued,
    clock,
  });
  const publish = (): void => broadcast.publish(`event ${(published.head += 1)}`);
  return { broadcast, clock, publish };
}

/** A subscription that is always read: the events that it received, each with its time. */
async function reader({ broadcast, clock }: ReturnType<typeof setUp>) {
  const abort = new AbortController();
  const received: [atMs: number, event: string][] = [];
  const state = { hasEnded: false };
  const events = await broadcast.subscribe(abort.signal);
  const reading = (async () => {
    for await (const event of events) received.push([clock.now(), event]);
    state.hasEnded = true;
  })();
  await clock.advance(0);
  return { received, state, reading, abort };
}

/** A subscription that is read by hand, after its first heartbeat. */
async function pausedReader({ broadcast }: ReturnType<typeof setUp>) {
  const events = await broadcast.subscribe(new AbortController().signal);
  await events.next();
  return events;
}

test("the first event is a heartbeat, and one follows every heartbeatMs while nothing is published", async () => {
  const feed = setUp();
  const { received } = await reader(feed);
  await feed.clock.advance(3 * heartbeatMs);
  expect(received).toEqual([
    [0, "heartbeat 0"],
    [20, "heartbeat 0"],
    [40, "heartbeat 0"],
    [60, "heartbeat 0"],
  ]);
});

test("everything published after the first event arrives, at once, once and in order", async () => {
  const feed = setUp();
  const { received } = await reader(feed);
  await feed.clock.advance(7);
  for (let index = 0; index < 3; index += 1) feed.publish();
  await feed.clock.advance(0);
  expect(received.slice(1)).toEqual([[7, "event 1,event 2,event 3"]]);
});

test("after an event a subscriber waits, and then gets the events of that time as one", async () => {
  const feed = setUp();
  const { received } = await reader(feed);
  feed.publish();
  await feed.clock.advance(1);
  for (let index = 0; index < 3; index += 1) feed.publish();
  await feed.clock.advance(10);
  expect(received.slice(1)).toEqual([
    [0, "event 1"],
    [minIntervalMs, "event 2,event 3,event 4"],
  ]);
});

test("an event that is published while the first heartbeat is made is not lost", async () => {
  const feed = setUp();
  const events = await feed.broadcast.subscribe(new AbortController().signal);
  const first = events.next();
  feed.publish();
  expect((await first).value).toBe("heartbeat 0");
  expect((await events.next()).value).toBe("event 1");
});

test("each subscriber has its own pace", async () => {
  const feed = setUp();
  const fast = await reader(feed);
  const slow = await pausedReader(feed);
  feed.publish();
  await feed.clock.advance(minIntervalMs);
  feed.publish();
  await feed.clock.advance(minIntervalMs);
  expect(fast.received.slice(1).map(([, event]) => event)).toEqual(["event 1", "event 2"]);
  expect((await slow.next()).value).toBe("event 1,event 2");
});

test("under constant events heartbeats go on, and each carries the head of the events before it", async () => {
  const feed = setUp();
  const { received } = await reader(feed);
  for (let atMs = 1; atMs <= 10 * heartbeatMs; atMs += 1) {
    feed.publish();
    await feed.clock.advance(1);
  }
  const heads = received.flatMap(([, event]) => event.split(",").map((one) => Number(one.split(" ")[1])));
  expect(heads).toEqual(heads.toSorted((one, other) => one - other));
  const heartbeats = received.filter(([, event]) => event.startsWith("heartbeat"));
  expect(heartbeats.length).toBeGreaterThanOrEqual(9);
});

test("a subscriber with too long a queue is dropped with its queue, and the others lose nothing", async () => {
  const feed = setUp({ maxQueued: 10 });
  const slow = await pausedReader(feed);
  const fast = await reader(feed);
  for (let index = 1; index <= 12; index += 1) {
    feed.publish();
    await feed.clock.advance(minIntervalMs);
  }
  expect(await slow.next()).toEqual({ value: undefined, done: true });
  const events = fast.received.map(([, event]) => event).filter((event) => event.startsWith("event"));
  expect(events).toEqual(Array.from({ length: 12 }, (_, index) => `event ${index + 1}`));
});

test("a subscriber whose queue is just full gets everything", async () => {
  const feed = setUp({ maxQueued: 10 });
  const slow = await pausedReader(feed);
  for (let index = 0; index < 10; index += 1) feed.publish();
  expect((await slow.next()).value).toBe(Array.from({ length: 10 }, (_, at) => `event ${at + 1}`).join());
});

test("abort ends a stream that waits, and one that was not read yet, and no timer stays", async () => {
  const feed = setUp();
  const { abort, reading } = await reader(feed);
  abort.abort();
  await reading;
  expect(feed.clock.waiting).toBe(0);
  expect((await (await feed.broadcast.subscribe(abort.signal)).next()).done).toBe(true);
});

test("close ends every subscription", async () => {
  const feed = setUp();
  const readers = await Promise.all(Array.from({ length: 5 }, () => reader(feed)));
  feed.broadcast.close();
  await Promise.all(readers.map(({ reading }) => reading));
  expect(readers.every(({ state }) => state.hasEnded)).toBe(true);
});

test("a heartbeat that fails ends the stream with its error, and the next subscription works", async () => {
  let isBroken = true;
  const broadcast = new Broadcast<string>({
    heartbeat: async () => {
      if (isBroken) throw new Error("the database is closed");
      return "heartbeat";
    },
    heartbeatMs,
    coalesce: (events) => events.join(),
    minIntervalMs,
    maxQueued: 10,
    clock: new FakeClock(),
  });
  const first = await broadcast.subscribe(new AbortController().signal);
  expect(await first.next().catch((error: Error) => error.message)).toBe("the database is closed");
  isBroken = false;
  const second = await broadcast.subscribe(new AbortController().signal);
  expect((await second.next()).value).toBe("heartbeat");
});
