import { expect, test } from "bun:test";

import { systemClock } from "../flow/clock.ts";
import { Broadcast } from "./broadcast.ts";

const heartbeatMs = 20;
const minIntervalMs = 3;
const coalesce = (events: readonly string[]): string => events.join();

/** A heartbeat carries the number of events that had been published when it was made, as the head of a log does. */
function broadcastOf({ maxQueued = 100 } = {}) {
  const state = { head: 0, heartbeats: 0 };
  const broadcast = new Broadcast<string>({
    heartbeat: async () => {
      state.heartbeats += 1;
      return `heartbeat ${state.head}`;
    },
    heartbeatMs,
    coalesce,
    minIntervalMs,
    maxQueued,
    clock: systemClock,
  });
  const publish = (): void => broadcast.publish(`event ${(state.head += 1)}`);
  return { broadcast, publish, state };
}

async function take(stream: AsyncGenerator<string>, count: number): Promise<string[]> {
  const events: string[] = [];
  while (events.length < count) {
    const { value, done } = await stream.next();
    if (done) break;
    events.push(String(value));
  }
  return events;
}

const subscribe = (broadcast: Broadcast<string>) => broadcast.subscribe(new AbortController().signal);

test("the first event is a heartbeat, and one follows every heartbeatMs while nothing is published", async () => {
  const { broadcast } = broadcastOf();
  const started = performance.now();
  expect(await take(await subscribe(broadcast), 4)).toEqual([
    "heartbeat 0",
    "heartbeat 0",
    "heartbeat 0",
    "heartbeat 0",
  ]);
  expect(performance.now() - started).toBeGreaterThan(3 * heartbeatMs - 5);
});

test("everything published after the first event arrives, at once, once and in order", async () => {
  const { broadcast, publish } = broadcastOf();
  const stream = await subscribe(broadcast);
  await take(stream, 1);
  const waiting = take(stream, 1);
  for (let index = 0; index < 3; index += 1) publish();
  const started = performance.now();
  expect(await waiting).toEqual(["event 1,event 2,event 3"]);
  expect(performance.now() - started).toBeLessThan(heartbeatMs);
});

test("after an event a subscriber waits, and then gets the events of that time as one", async () => {
  const { broadcast, publish } = broadcastOf();
  const stream = await subscribe(broadcast);
  await take(stream, 1);
  publish();
  const started = performance.now();
  expect(await take(stream, 1)).toEqual(["event 1"]);
  const next = take(stream, 1);
  for (let index = 0; index < 3; index += 1) publish();
  expect(await next).toEqual(["event 2,event 3,event 4"]);
  expect(performance.now() - started).toBeGreaterThanOrEqual(minIntervalMs - 1);
});

test("an event that is published while the first heartbeat is made is not lost", async () => {
  const { broadcast, publish } = broadcastOf();
  const stream = await subscribe(broadcast);
  const first = take(stream, 2);
  publish();
  expect(await first).toEqual(["heartbeat 0", "event 1"]);
});

test("each subscriber has its own pace", async () => {
  const { broadcast, publish } = broadcastOf();
  const streams = [await subscribe(broadcast), await subscribe(broadcast)];
  for (const stream of streams) await take(stream, 1);
  publish();
  expect(await take(streams[0]!, 1)).toEqual(["event 1"]);
  publish();
  expect(await take(streams[0]!, 1)).toEqual(["event 2"]);
  expect(await take(streams[1]!, 1)).toEqual(["event 1,event 2"]);
});

test("under constant events heartbeats go on, and none carries less than the events before it or more than those after it", async () => {
  const { broadcast, publish, state } = broadcastOf();
  const abort = new AbortController();
  const publisher = setInterval(publish, 1);
  const heads: number[] = [];
  const kinds = new Set<string>();
  for await (const event of await broadcast.subscribe(abort.signal)) {
    for (const one of event.split(",")) {
      const [kind = "", head] = one.split(" ");
      kinds.add(kind);
      heads.push(Number(head));
    }
    if (heads.length >= 300) abort.abort();
  }
  clearInterval(publisher);
  expect(kinds).toEqual(new Set(["heartbeat", "event"]));
  expect(state.heartbeats).toBeGreaterThan(3);
  expect(heads).toEqual(heads.toSorted((a, b) => a - b));
});

test("a subscriber with too long a queue is dropped with its queue, and the others lose nothing", async () => {
  const { broadcast, publish } = broadcastOf({ maxQueued: 10 });
  const slow = await subscribe(broadcast);
  const fast = await subscribe(broadcast);
  for (const stream of [slow, fast]) await take(stream, 1);
  for (let index = 1; index <= 11; index += 1) {
    publish();
    expect(await take(fast, 1)).toEqual([`event ${index}`]);
  }
  expect(await slow.next()).toEqual({ value: undefined, done: true });
  publish();
  expect(await take(fast, 1)).toEqual(["event 12"]);
});

test("a subscriber whose queue is just full gets everything", async () => {
  const { broadcast, publish } = broadcastOf({ maxQueued: 10 });
  const stream = await subscribe(broadcast);
  await take(stream, 1);
  for (let index = 0; index < 10; index += 1) publish();
  expect((await take(stream, 1)).join()).toBe(
    Array.from({ length: 10 }, (_, at) => `event ${at + 1}`).join(),
  );
});

test("abort ends a stream that waits, and one that was not read yet", async () => {
  const { broadcast, publish } = broadcastOf({ maxQueued: 5 });
  const abort = new AbortController();
  const stream = await broadcast.subscribe(abort.signal);
  await take(stream, 1);
  const waiting = stream.next();
  abort.abort();
  expect((await waiting).done).toBe(true);
  publish();
  expect((await (await broadcast.subscribe(abort.signal)).next()).done).toBe(true);
});

test("close ends every subscription", async () => {
  const { broadcast } = broadcastOf();
  const streams = await Promise.all(Array.from({ length: 5 }, () => subscribe(broadcast)));
  for (const stream of streams) await take(stream, 1);
  const waiting = streams.map((stream) => stream.next());
  broadcast.close();
  for (const { done } of await Promise.all(waiting)) expect(done).toBe(true);
});

test("a heartbeat that fails ends the stream with its error, and the next subscription works", async () => {
  let isBroken = true;
  const broadcast = new Broadcast<string>({
    heartbeat: async () => {
      if (isBroken) throw new Error("the database is closed");
      return "heartbeat";
    },
    heartbeatMs,
    coalesce,
    minIntervalMs,
    maxQueued: 10,
    clock: systemClock,
  });
  expect(await (await subscribe(broadcast)).next().catch((error: Error) => error.message)).toBe(
    "the database is closed",
  );
  isBroken = false;
  expect(await take(await subscribe(broadcast), 1)).toEqual(["heartbeat"]);
});
