import { afterEach, expect, test } from "bun:test";

import fc from "fast-check";

import { BourseError, createClient, type MarketEvent } from "./client.ts";
import { events } from "./events.ts";
import {
  cutsBeforeReply,
  hangs,
  orderOf,
  refuses,
  replies,
  startServer,
  stockOf,
  type Treatment,
} from "./failing-server.fixture.ts";
import { RetryBudget } from "./retry-budget.ts";
import { Transport } from "./transport.ts";

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function start(...treatments: Treatment[]) {
  const server = await startServer(treatments);
  stops.push(server.stop);
  const lastIds = () => server.seen.map(({ headers }) => headers["last-event-id"]);
  return { url: server.url, seen: server.seen, lastIds, client: createClient({ baseUrl: server.url }) };
}

const placeOf = (id: string) => {
  const [trades, changes] = id.split("-").map(Number);
  return { trades, changes };
};
const frame = (type: string, id: string, data: object = placeOf(id)) =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
const hello = (id: string) => `retry: 0\n${frame("hello", id)}`;
const trade = (number: number) =>
  frame("trade", `${number}-0`, { ...orderOf(number), quantity_after: 97, stock_version: 2 });
const headers = { "Content-Type": "text/event-stream;charset=utf-8" };

/** Sends bytes of an event stream, and then what becomes of the connection. */
function streams(text: string | Uint8Array, end: "cut" | "end" | "hold"): Treatment {
  return (response) => {
    response.writeHead(200, headers);
    response.write(text, () => {
      // When the connection is cut, fetch drops what has not been read yet: wait until it is read.
      if (end === "cut") setTimeout(() => response.destroy(), 10);
      if (end === "end") response.end();
    });
  };
}

async function take(count: number, from: AsyncIterable<MarketEvent>): Promise<string[]> {
  const taken: string[] = [];
  for await (const { type, id } of from) {
    taken.push(`${type} ${id}`);
    if (taken.length === count) break;
  }
  return taken;
}

test.each<[string, Treatment[]]>([
  ["ended", [streams(hello("0-0") + trade(1), "end")]],
  ["cut", [streams(hello("0-0") + trade(1), "cut")]],
  ["cut inside an event", [streams(hello("0-0") + trade(1) + trade(2).slice(0, -1), "cut")]],
  ["cut before a word", [streams(hello("0-0") + trade(1), "end"), cutsBeforeReply]],
  ["answered by a proxy", [streams(hello("0-0") + trade(1), "end"), replies(502, "<html>")]],
  ["refused for now", [streams(hello("0-0") + trade(1), "end"), refuses(503, "unavailable")]],
  ["failing", [streams(hello("0-0") + trade(1), "end"), refuses(500, "internal_error")]],
])("a stream that is %s goes on behind its last event", async (_, treatments) => {
  const { client, lastIds } = await start(...treatments, streams(hello("1-0") + trade(2), "hold"));
  expect(await take(3, client.events({ after: "0-0" }))).toEqual(["hello 0-0", "trade 1-0", "trade 2-0"]);
  expect(lastIds()).toEqual(["0-0", ...treatments.map(() => "1-0")]);
});

test("wherever the bytes are cut, every trade comes once and in order", async () => {
  const last = 6;
  const cuts = fc.array(fc.nat(400), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(cuts, async (lengths) => {
      const after = (id: unknown) => {
        const seen = Number(String(id).split("-")[0]);
        const numbers = Array.from({ length: last - seen }, (_, index) => seen + 1 + index);
        return new TextEncoder().encode(hello(`${seen}-0`) + numbers.map(trade).join(""));
      };
      const treatments = lengths.map((length): Treatment => (response, seen) => {
        streams(after(seen.headers["last-event-id"]).subarray(0, length), "cut")(response, seen);
      });
      const whole: Treatment = (response, seen) =>
        streams(after(seen.headers["last-event-id"]), "hold")(response, seen);
      const { client } = await start(...treatments, whole);
      const trades: string[] = [];
      for await (const { type, id } of client.events({ after: "0-0" })) {
        if (type === "trade") trades.push(id);
        if (trades.length === last) break;
      }
      expect(trades).toEqual(Array.from({ length: last }, (_, index) => `${index + 1}-0`));
    }),
    { numRuns: 8 },
  );
}, 30_000);

test("a stream from now on keeps its place from its first word", async () => {
  const { client, lastIds } = await start(
    streams(hello("7-3"), "cut"),
    streams(hello("7-3") + trade(8), "hold"),
  );
  expect(await take(2, client.events())).toEqual(["hello 7-3", "trade 8-0"]);
  expect(lastIds()).toEqual([undefined, "7-3"]);
});

test("a reset is given out, and the stream goes on from its place", async () => {
  const { client, lastIds } = await start(
    streams(`retry: 0\n${frame("reset", "3-1", { trades: 3, changes: 1 })}`, "cut"),
    streams(hello("3-1") + trade(4), "hold"),
  );
  expect(await take(2, client.events({ after: "9-9" }))).toEqual(["reset 3-1", "trade 4-0"]);
  expect(lastIds()).toEqual(["9-9", "3-1"]);
});

test("an event has the fields of the wire, and one of a newer market is passed over", async () => {
  const change = { change: 2, kind: "price", at: "2026-01-01T00:00:00.000Z", ...stockOf("A") };
  const { client } = await start(
    streams(hello("0-0") + frame("auction", "0-1") + frame("stock", "0-2", change), "hold"),
  );
  const seen: MarketEvent[] = [];
  for await (const event of client.events()) if (seen.push(event) === 2) break;
  expect(seen[1]).toEqual({ type: "stock", id: "0-2", data: change } as MarketEvent);
});

test.each<[string, string | undefined, Treatment, string]>([
  ["a place that is none", "now", hangs, "invalid_request"],
  ["a refusal", undefined, refuses(401, "unauthorized"), "unauthorized"],
  ["another server's page", undefined, replies(200, "<html>"), "unexpected_reply"],
  [
    "an event that is no JSON",
    undefined,
    streams("id: 1-1\nevent: trade\ndata: {\n\n", "hold"),
    "unexpected_reply",
  ],
])("%s throws", async (_, after, treatment, reason) => {
  const { client } = await start(treatment);
  const error: unknown = await client
    .events({ after })
    .next()
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BourseError);
  expect(error).toMatchObject({ reason });
});

/** A stream that holds on; `closed` resolves when the client has closed the connection. */
function watched() {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const treatment: Treatment = (response, seen) => {
    response.on("close", resolve);
    streams(hello("0-0") + trade(1), "hold")(response, seen);
  };
  return { closed, treatment };
}

test("leaving the loop closes the connection", async () => {
  const { closed, treatment } = watched();
  const { client, seen } = await start(treatment);
  await take(2, client.events());
  await closed;
  expect(seen.length).toBe(1);
});

test("return ends a next that is waiting, and closes the connection", async () => {
  const { closed, treatment } = watched();
  const { client, seen } = await start(treatment);
  const following = client.events();
  await following.next();
  await following.next();
  const waiting = following.next();
  await following.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  await closed;
  expect(seen.length).toBe(1);
});

test("the signal ends the loop and the connection, without a throw", async () => {
  const { closed, treatment } = watched();
  const { client } = await start(treatment);
  const leaving = new AbortController();
  const taken: string[] = [];
  for await (const { type, id } of client.events({ signal: leaving.signal }))
    if (taken.push(`${type} ${id}`) === 2) setTimeout(() => leaving.abort(), 50);
  expect(taken).toEqual(["hello 0-0", "trade 1-0"]);
  await closed;
});

test("the signal ends the wait between connections", async () => {
  const { client } = await start(refuses(503, "overloaded", { "Retry-After": "30" }));
  const startMs = performance.now();
  expect(await take(1, client.events({ signal: AbortSignal.timeout(100) }))).toEqual([]);
  expect(performance.now() - startMs).toBeLessThan(1_000);
});

test("a signal that has fired before asks the market nothing", async () => {
  const { client, seen } = await start(hangs);
  expect(await take(1, client.events({ signal: AbortSignal.abort() }))).toEqual([]);
  expect(seen).toEqual([]);
});

function transportTo(baseUrl: string): Transport {
  const budget = new RetryBudget(performance.now());
  const fetch = (url: string, init: RequestInit) => globalThis.fetch(url, init);
  return new Transport({ baseUrl, apiKey: undefined, timeoutMs: 1_000, retries: 0, budget, fetch });
}

test.each<[string, Treatment]>([
  ["falls silent", streams(hello("0-0") + trade(1), "hold")],
  ["never answers", hangs],
])("a connection that %s is dead, and is made anew", async (_, dead) => {
  const { url, seen } = await start(dead, streams(hello("1-0") + trade(2), "hold"));
  for await (const { id } of events(transportTo(url), { after: "0-0" }, 100)) if (id === "2-0") break;
  expect(seen.length).toBe(2);
});

test("beats keep a connection that has nothing to say", async () => {
  const beats: Treatment = (response, seen) => {
    streams(hello("0-0"), "hold")(response, seen);
    const timer = setInterval(() => response.write(": beat\n\n"), 100);
    setTimeout(() => response.write(trade(1)), 2_000);
    response.on("close", () => clearInterval(timer));
  };
  const { url, seen } = await start(beats);
  expect(await take(2, events(transportTo(url), {}, 1_000))).toEqual(["hello 0-0", "trade 1-0"]);
  expect(seen.length).toBe(1);
});

test("a reader that takes its time loses nothing, and keeps its connection", async () => {
  const { url, seen } = await start(streams(hello("0-0") + trade(1) + trade(2), "hold"));
  const ids: string[] = [];
  for await (const { id } of events(transportTo(url), {}, 50)) {
    await Bun.sleep(80);
    if (ids.push(id) === 3) break;
  }
  expect(ids).toEqual(["0-0", "1-0", "2-0"]);
  expect(seen.length).toBe(1);
});
