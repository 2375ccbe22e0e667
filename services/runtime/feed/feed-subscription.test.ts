import { expect, test } from "bun:test";

import { join } from "node:path";

import { treaty } from "@elysiajs/eden";
import { Elysia, sse } from "elysia";

import { until } from "../../../testing/until.ts";
import { FeedSubscription, feedOf, type FeedSubscriptionOptions } from "./feed-subscription.ts";
import { systemClock } from "../flow/clock.ts";
import { treatyOptions } from "../http/treaty-options.ts";

interface Sent {
  number: number;
}

const silenceMs = 150;
const retryMs = 10;

type Send = (connection: number, signal: AbortSignal) => AsyncGenerator<Sent>;

function peerApp(send: (signal: AbortSignal) => AsyncGenerator<Sent>) {
  return new Elysia().get("/feed", async function* ({ request }) {
    for await (const data of send(request.signal)) yield sse({ data });
  });
}

/** A peer on a real port; `send` yields the events of each connection, counted from 1. */
function peer(send: Send, port = 0) {
  let connections = 0;
  const app = peerApp((signal) => send((connections += 1), signal)).listen({ hostname: "127.0.0.1", port });
  return {
    url: `http://127.0.0.1:${app.server?.port}`,
    port: app.server?.port ?? 0,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      await app.server?.stop(true);
    },
  };
}

type PeerApp = ReturnType<typeof peerApp>;

/** A subscription to the peer at `url`, over Eden as in the services, and the calls that it made. */
function subscribeTo(url: string, given: Partial<FeedSubscriptionOptions<Sent>> = {}) {
  const did: (string | number)[] = [];
  const client = treaty<PeerApp>(url, treatyOptions());
  const subscription = new FeedSubscription<Sent>({
    open: async (signal) => {
      const { data } = await client.feed.get({ fetch: { signal } });
      return data ? dataOf(data) : undefined;
    },
    onUp: () => did.push("up"),
    onEvent: ({ number }) => did.push(number),
    onDown: () => did.push("down"),
    silenceMs,
    retryMs,
    clock: systemClock,
    ...given,
  });
  subscription.start();
  return { did, subscription, [Symbol.asyncDispose]: () => subscription.stop() };
}

async function* dataOf(events: AsyncIterable<{ data: Sent }>): AsyncGenerator<Sent> {
  for await (const { data } of events) yield data;
}

/** Sends its number, and then nothing for as long as the connection is open. */
async function* sendOnce(connection: number, signal: AbortSignal): AsyncGenerator<Sent> {
  yield { number: connection };
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
}

test("a feed is up with its first event, and then every event comes in order", async () => {
  await using server = peer(async function* (_connection, signal) {
    for (let number = 1; number <= 1_000; number += 1) yield { number };
    yield* sendOnce(0, signal);
  });
  await using subscribed = subscribeTo(server.url);
  await until(() => subscribed.did.length > 1_000);
  expect(subscribed.did.slice(0, 1_001)).toEqual([
    "up",
    ...Array.from({ length: 1_000 }, (_, index) => index + 1),
  ]);
});

test("a feed that ends is down, and is opened again", async () => {
  await using server = peer(async function* (connection) {
    yield { number: connection };
  });
  await using subscribed = subscribeTo(server.url);
  await until(() => subscribed.did.length >= 9);
  expect(subscribed.did.slice(0, 9)).toEqual(["up", 1, "down", "up", 2, "down", "up", 3, "down"]);
});

test("a feed without events for silenceMs is closed and opened again; one with events is not", async () => {
  await using silent = peer(sendOnce);
  await using active = peer(async function* () {
    for (let number = 1; ; number += 1) {
      yield { number };
      await Bun.sleep(silenceMs / 5);
    }
  });
  await using cut = subscribeTo(silent.url);
  await using kept = subscribeTo(active.url);
  await until(() => cut.did.length >= 6);
  expect(cut.did.slice(0, 6)).toEqual(["up", 1, "down", "up", 2, "down"]);
  expect([kept.did[0], kept.did.includes("down"), active.connections()]).toEqual(["up", false, 1]);
});

test("a peer that accepts the connection and never answers is given up and called again", async () => {
  let connections = 0;
  await using server = {
    listener: Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { open: () => void (connections += 1), data: () => {} },
    }),
    [Symbol.asyncDispose]: async () => server.listener.stop(true),
  };
  await using subscribed = subscribeTo(`http://127.0.0.1:${server.listener.port}`);
  await until(() => connections >= 3);
  expect(subscribed.did).toEqual([]);
});

test("a peer that is gone is called until it is back on its port", async () => {
  const first = peer(sendOnce);
  const { url, port } = first;
  await using subscribed = subscribeTo(url, { silenceMs: 5_000 });
  await until(() => subscribed.did.length === 2);
  await first[Symbol.asyncDispose]();
  await until(() => subscribed.did.length === 3);
  await Bun.sleep(5 * retryMs);
  expect(subscribed.did).toEqual(["up", 1, "down"]);
  await using _second = peer(sendOnce, port);
  await until(() => subscribed.did.length >= 5);
  expect(subscribed.did.slice(3)).toEqual(["up", 1]);
});

test("a peer that does not answer with a feed is called again, and its answer is no event", async () => {
  let requests = 0;
  await using server = {
    http: Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () => ((requests += 1), Response.json({ error: { code: 503 } }, { status: 503 })),
    }),
    [Symbol.asyncDispose]: () => server.http.stop(true),
  };
  await using subscribed = subscribeTo(`http://127.0.0.1:${server.http.port}`);
  await until(() => requests >= 3);
  expect(subscribed.did).toEqual([]);
});

test("stop ends an open feed without onDown, and nothing is opened after it", async () => {
  await using server = peer(sendOnce);
  const subscribed = subscribeTo(server.url, { silenceMs: 60_000 });
  await until(() => subscribed.did.length === 2);
  await subscribed.subscription.stop();
  expect(subscribed.did).toEqual(["up", 1]);
  await Bun.sleep(5 * retryMs);
  expect(server.connections()).toBe(1);
});

test.each(["onUp", "onEvent", "onDown"])(
  "an error in %s is no broken connection: it ends the process as any other error does",
  async (handler) => {
    const script = `
      import { FeedSubscription } from ${JSON.stringify(join(import.meta.dir, "feed-subscription.ts"))};
      import { systemClock } from ${JSON.stringify(join(import.meta.dir, "../flow/clock.ts"))};
      const ignore = () => undefined;
      new FeedSubscription({
        open: async () => [{ number: 1 }].values(),
        onUp: ignore, onEvent: ignore, onDown: ignore,
        ${handler}() { throw new TypeError("a mistake in ${handler}"); },
        silenceMs: 1_000, retryMs: 10, clock: systemClock,
      }).start();
      setTimeout(() => process.exit(0), 5_000);`;
    const child = Bun.spawn([process.execPath, "-e", script], { stdout: "ignore", stderr: "pipe" });
    expect(await new Response(child.stderr).text()).toContain(`TypeError: a mistake in ${handler}`);
    expect(await child.exited).not.toBe(0);
  },
);

const oddFeeds: [what: string, events: AsyncIterable<unknown> | object][] = [
  ["an event without data", eventsOf({ data: { kind: "heartbeat" } }, {})],
  ["an event cut short", eventsOf({ data: { kind: "heartbeat" } }, { data: "{" })],
  ["text", eventsOf("<html>")],
];

test.each(oddFeeds)("a feed that sends %s ends there, and ends nothing else", async (_what, events) => {
  const received: unknown[] = [];
  for await (const event of feedOf(events as AsyncIterable<{ data: unknown }>) ?? []) received.push(event);
  expect(received.every((event) => JSON.stringify(event) === '{"kind":"heartbeat"}')).toBe(true);
});

test("a reply that is no event stream opens no feed", () => {
  expect(feedOf({ error: "x" } as unknown as AsyncIterable<{ data: unknown }>)).toBeUndefined();
  expect(feedOf(null)).toBeUndefined();
});

async function* eventsOf(...events: unknown[]): AsyncGenerator<unknown> {
  yield* events;
}
