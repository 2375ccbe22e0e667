import { expect, test } from "bun:test";

import { join } from "node:path";

import { treaty } from "@elysiajs/eden";
import { Elysia, sse } from "elysia";

import { FeedSubscription, feedOf, type FeedSubscriptionOptions } from "./feed-subscription.ts";
import { treatyOptions } from "../http/treaty-options.ts";

interface Said {
  number: number;
}

const silenceMs = 150;
const retryMs = 10;

type Say = (connection: number, signal: AbortSignal) => AsyncGenerator<Said>;

function peerApp(say: (signal: AbortSignal) => AsyncGenerator<Said>) {
  return new Elysia().get("/feed", async function* ({ request }) {
    for await (const data of say(request.signal)) yield sse({ data });
  });
}

/** A peer on a real port; `say` yields what each connection, counted from 1, is told. */
function peer(say: Say, port = 0) {
  let connections = 0;
  const app = peerApp((signal) => say((connections += 1), signal)).listen({ hostname: "127.0.0.1", port });
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

/** A follower of the peer at `url`, over Eden as the services have it, and what it did. */
function followerOf(url: string, given: Partial<FeedSubscriptionOptions<Said>> = {}) {
  const did: (string | number)[] = [];
  const client = treaty<PeerApp>(url, treatyOptions());
  const follower = new FeedSubscription<Said>({
    open: async (signal) => {
      const { data } = await client.feed.get({ fetch: { signal } });
      return data ? said(data) : undefined;
    },
    onUp: () => did.push("up"),
    onEvent: ({ number }) => did.push(number),
    onDown: () => did.push("down"),
    silenceMs,
    retryMs,
    ...given,
  });
  follower.start();
  return { did, follower, [Symbol.asyncDispose]: () => follower.stop() };
}

async function* said(events: AsyncIterable<{ data: Said }>): AsyncGenerator<Said> {
  for await (const { data } of events) yield data;
}

async function until(condition: () => boolean, timeoutMs = 5_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition() && performance.now() < deadline) await Bun.sleep(2);
  expect(condition()).toBe(true);
}

/** Says its number, and then nothing, for as long as the connection is open. */
async function* sayOnce(connection: number, signal: AbortSignal): AsyncGenerator<Said> {
  yield { number: connection };
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
}

test("a feed is up with its first word, and then every event comes in order", async () => {
  await using server = peer(async function* (_connection, signal) {
    for (let number = 1; number <= 1_000; number += 1) yield { number };
    yield* sayOnce(0, signal);
  });
  await using following = followerOf(server.url);
  await until(() => following.did.length > 1_000);
  expect(following.did.slice(0, 1_001)).toEqual([
    "up",
    ...Array.from({ length: 1_000 }, (_, index) => index + 1),
  ]);
});

test("a feed that ends is down, and is opened anew", async () => {
  await using server = peer(async function* (connection) {
    yield { number: connection };
  });
  await using following = followerOf(server.url);
  await until(() => following.did.length >= 9);
  expect(following.did.slice(0, 9)).toEqual(["up", 1, "down", "up", 2, "down", "up", 3, "down"]);
});

test("a feed that falls silent is cut and opened anew; one that goes on speaking is not", async () => {
  await using silent = peer(sayOnce);
  await using speaking = peer(async function* () {
    for (let number = 1; ; number += 1) {
      yield { number };
      await Bun.sleep(silenceMs / 5);
    }
  });
  await using cut = followerOf(silent.url);
  await using kept = followerOf(speaking.url);
  await until(() => cut.did.length >= 6);
  expect(cut.did.slice(0, 6)).toEqual(["up", 1, "down", "up", 2, "down"]);
  expect([kept.did[0], kept.did.includes("down"), speaking.connections()]).toEqual(["up", false, 1]);
});

test("a peer that takes the connection and says nothing at all is given up and asked again", async () => {
  let connections = 0;
  await using server = {
    listener: Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { open: () => void (connections += 1), data: () => {} },
    }),
    [Symbol.asyncDispose]: async () => server.listener.stop(true),
  };
  await using following = followerOf(`http://127.0.0.1:${server.listener.port}`);
  await until(() => connections >= 3);
  expect(following.did).toEqual([]);
});

test("a peer that is not there is waited for, and one that comes back on its port is followed again", async () => {
  const first = peer(sayOnce);
  const { url, port } = first;
  await using following = followerOf(url, { silenceMs: 5_000 });
  await until(() => following.did.length === 2);
  await first[Symbol.asyncDispose]();
  await until(() => following.did.length === 3);
  await Bun.sleep(5 * retryMs);
  expect(following.did).toEqual(["up", 1, "down"]);
  await using _second = peer(sayOnce, port);
  await until(() => following.did.length >= 5);
  expect(following.did.slice(3)).toEqual(["up", 1]);
});

test("a peer that answers no feed is asked again, and nothing is taken for an event", async () => {
  let requests = 0;
  await using server = {
    http: Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () => ((requests += 1), Response.json({ error: { code: 503 } }, { status: 503 })),
    }),
    [Symbol.asyncDispose]: () => server.http.stop(true),
  };
  await using following = followerOf(`http://127.0.0.1:${server.http.port}`);
  await until(() => requests >= 3);
  expect(following.did).toEqual([]);
});

test("stop ends an open feed, which is no loss to tell of, and nothing is opened after it", async () => {
  await using server = peer(sayOnce);
  const following = followerOf(server.url, { silenceMs: 60_000 });
  await until(() => following.did.length === 2);
  await following.follower.stop();
  expect(following.did).toEqual(["up", 1]);
  await Bun.sleep(5 * retryMs);
  expect(server.connections()).toBe(1);
});

test.each(["onUp", "onEvent", "onDown"])(
  "a mistake in %s is not taken for a cut connection: it ends the process as any other would",
  async (handler) => {
    const script = `
      import { FeedSubscription } from ${JSON.stringify(join(import.meta.dir, "feed-subscription.ts"))};
      const ignore = () => undefined;
      new FeedSubscription({
        open: async () => [{ number: 1 }].values(),
        onUp: ignore, onEvent: ignore, onDown: ignore,
        ${handler}() { throw new TypeError("a mistake in ${handler}"); },
        silenceMs: 1_000, retryMs: 10,
      }).start();
      setTimeout(() => process.exit(0), 5_000);`;
    const child = Bun.spawn([process.execPath, "-e", script], { stdout: "ignore", stderr: "pipe" });
    expect(await new Response(child.stderr).text()).toContain(`TypeError: a mistake in ${handler}`);
    expect(await child.exited).not.toBe(0);
  },
);

const oddFeeds: [what: string, events: AsyncIterable<unknown> | object][] = [
  ["an event without data", eventsOf({ data: { kind: "beat" } }, {})],
  ["an event cut short", eventsOf({ data: { kind: "beat" } }, { data: "{" })],
  ["text", eventsOf("<html>")],
];

test.each(oddFeeds)("a feed that says %s ends there, and ends nothing else", async (_what, events) => {
  const heard: unknown[] = [];
  for await (const event of feedOf(events as AsyncIterable<{ data: unknown }>) ?? []) heard.push(event);
  expect(heard.every((event) => JSON.stringify(event) === '{"kind":"beat"}')).toBe(true);
});

test("a reply that is no feed opens none", () => {
  expect(feedOf({ error: "x" } as unknown as AsyncIterable<{ data: unknown }>)).toBeUndefined();
  expect(feedOf(null)).toBeUndefined();
});

async function* eventsOf(...events: unknown[]): AsyncGenerator<unknown> {
  yield* events;
}
