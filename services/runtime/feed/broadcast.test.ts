import { expect, test } from "bun:test";

import { Broadcast } from "./broadcast.ts";

const beatMs = 20;
const restMs = 3;
const merge = (events: readonly string[]): string => events.join();

/** Beats say how much had been published when they were asked for, as the heads of a log do. */
function broadcastOf({ maxWaiting = 100 } = {}) {
  const said = { head: 0, beats: 0 };
  const broadcast = new Broadcast<string>({
    beat: async () => {
      said.beats += 1;
      return `beat ${said.head}`;
    },
    beatMs,
    merge,
    restMs,
    maxWaiting,
  });
  const publish = (): void => broadcast.publish(`event ${(said.head += 1)}`);
  return { broadcast, publish, said };
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

const follow = (broadcast: Broadcast<string>) => broadcast.follow(new AbortController().signal);

test("a follower hears a beat at first, and every beatMs while nothing happens", async () => {
  const { broadcast } = broadcastOf();
  const started = performance.now();
  expect(await take(follow(broadcast), 4)).toEqual(["beat 0", "beat 0", "beat 0", "beat 0"]);
  expect(performance.now() - started).toBeGreaterThan(3 * beatMs - 5);
});

test("everything published after the first word comes, at once, once and in order", async () => {
  const { broadcast, publish } = broadcastOf();
  const stream = follow(broadcast);
  await take(stream, 1);
  const waiting = take(stream, 1);
  for (let index = 0; index < 3; index += 1) publish();
  const started = performance.now();
  expect(await waiting).toEqual(["event 1,event 2,event 3"]);
  expect(performance.now() - started).toBeLessThan(beatMs);
});

test("a follower that was just told something rests, and then hears all that came meanwhile in one", async () => {
  const { broadcast, publish } = broadcastOf();
  const stream = follow(broadcast);
  await take(stream, 1);
  publish();
  const started = performance.now();
  expect(await take(stream, 1)).toEqual(["event 1"]);
  const next = take(stream, 1);
  for (let index = 0; index < 3; index += 1) publish();
  expect(await next).toEqual(["event 2,event 3,event 4"]);
  expect(performance.now() - started).toBeGreaterThanOrEqual(restMs - 1);
});

test("what is published while the first beat is made is not lost", async () => {
  const { broadcast, publish } = broadcastOf();
  const stream = follow(broadcast);
  const first = take(stream, 2);
  publish();
  expect(await first).toEqual(["beat 0", "event 1"]);
});

test("each follower has its own pace", async () => {
  const { broadcast, publish } = broadcastOf();
  const streams = [follow(broadcast), follow(broadcast)];
  for (const stream of streams) await take(stream, 1);
  publish();
  expect(await take(streams[0]!, 1)).toEqual(["event 1"]);
  publish();
  expect(await take(streams[0]!, 1)).toEqual(["event 2"]);
  expect(await take(streams[1]!, 1)).toEqual(["event 1,event 2"]);
});

test("however busy it is, beats go on, and none says less than what came before it or more than what comes after", async () => {
  const { broadcast, publish, said } = broadcastOf();
  const abort = new AbortController();
  const publisher = setInterval(publish, 1);
  const heads: number[] = [];
  const kinds = new Set<string>();
  for await (const event of broadcast.follow(abort.signal)) {
    for (const word of event.split(",")) {
      const [kind = "", head] = word.split(" ");
      kinds.add(kind);
      heads.push(Number(head));
    }
    if (heads.length >= 300) abort.abort();
  }
  clearInterval(publisher);
  expect(kinds).toEqual(new Set(["beat", "event"]));
  expect(said.beats).toBeGreaterThan(3);
  expect(heads).toEqual(heads.toSorted((a, b) => a - b));
});

test("a follower that lags too far behind is cut off, keeps nothing waiting, and costs the others nothing", async () => {
  const { broadcast, publish } = broadcastOf({ maxWaiting: 10 });
  const slow = follow(broadcast);
  const fast = follow(broadcast);
  for (const stream of [slow, fast]) await take(stream, 1);
  for (let index = 1; index <= 11; index += 1) {
    publish();
    expect(await take(fast, 1)).toEqual([`event ${index}`]);
  }
  expect(await slow.next()).toEqual({ value: undefined, done: true });
  publish();
  expect(await take(fast, 1)).toEqual(["event 12"]);
});

test("a follower that has lagged as far as it may still gets everything", async () => {
  const { broadcast, publish } = broadcastOf({ maxWaiting: 10 });
  const stream = follow(broadcast);
  await take(stream, 1);
  for (let index = 0; index < 10; index += 1) publish();
  expect((await take(stream, 1)).join()).toBe(
    Array.from({ length: 10 }, (_, at) => `event ${at + 1}`).join(),
  );
});

test("abort ends a stream that waits, and one that is not even asked", async () => {
  const { broadcast, publish } = broadcastOf({ maxWaiting: 5 });
  const abort = new AbortController();
  const stream = broadcast.follow(abort.signal);
  await take(stream, 1);
  const waiting = stream.next();
  abort.abort();
  expect((await waiting).done).toBe(true);
  publish();
  expect((await broadcast.follow(abort.signal).next()).done).toBe(true);
});

test("close ends every stream", async () => {
  const { broadcast } = broadcastOf();
  const streams = Array.from({ length: 5 }, () => follow(broadcast));
  for (const stream of streams) await take(stream, 1);
  const waiting = streams.map((stream) => stream.next());
  broadcast.close();
  for (const { done } of await Promise.all(waiting)) expect(done).toBe(true);
});

test("a beat that cannot be made ends the stream with its error, and the next follower begins anew", async () => {
  let isBroken = true;
  const broadcast = new Broadcast<string>({
    beat: async () => {
      if (isBroken) throw new Error("the database is closed");
      return "beat";
    },
    beatMs,
    merge,
    restMs,
    maxWaiting: 10,
  });
  expect(
    await follow(broadcast)
      .next()
      .catch((error: Error) => error.message),
  ).toBe("the database is closed");
  isBroken = false;
  expect(await take(follow(broadcast), 1)).toEqual(["beat"]);
});
