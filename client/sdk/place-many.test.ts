import { afterEach, expect, test } from "bun:test";

import { createClient, type ClientOptions, type KeyedOrder, type Reason } from "./client.ts";
import {
  cutsBeforeReply,
  cutsInsideReply,
  hangs,
  refuses,
  replies,
  startServer,
  type Seen,
  type Treatment,
} from "./failing-server.fixture.ts";

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function start(treatments: Treatment[], options: ClientOptions = {}) {
  const server = await startServer(treatments);
  stops.push(server.stop);
  return { seen: server.seen, client: createClient({ baseUrl: server.url, ...options }) };
}

type SentOrder = KeyedOrder & { idempotency_key: string };
const ordersIn = ({ body }: Seen) => (JSON.parse(body) as { orders: SentOrder[] }).orders;
const statuses: Partial<Record<Reason, number>> = { order_in_flight: 409, insufficient_quantity: 400 };

/** Trades every item, its quantity as its number; those whose quantity is named fail with a reason. */
function trades(failing: Record<number, Reason> = {}): Treatment {
  return (response, seen) => {
    const data = ordersIn(seen).map(({ name, type, quantity }) => {
      const reason = failing[quantity];
      const code = (reason && statuses[reason]) ?? 503;
      return reason
        ? { error: { code, message: reason, reason } }
        : { data: { transaction_number: quantity, name, type, quantity, price: 1, at: "" } };
    });
    response.end(JSON.stringify({ data }));
  };
}

const ordersOf = (count: number): KeyedOrder[] =>
  Array.from({ length: count }, (_, index) => ({ name: "BoarCo", type: "buy", quantity: index + 1 }));
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test("a result for each order, in order, a thousand to a request", async () => {
  const { client, seen } = await start([trades()]);
  const results = await client.orders.placeMany(ordersOf(2_500));
  expect(results.map(({ data }) => data?.transaction_number)).toEqual(numbers(2_500));
  expect(seen.map((request) => ordersIn(request).length)).toEqual([1_000, 1_000, 500]);
  expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(Array(3).fill("POST /orders/batch"));
});

test("no orders, no request", async () => {
  const { client, seen } = await start([trades()]);
  expect(await client.orders.placeMany([])).toEqual([]);
  expect(seen).toEqual([]);
});

test("an order says what was asked and nothing else; a key of one's own is kept, others are made", async () => {
  const { client, seen } = await start([trades()]);
  const extra = {
    name: "A",
    type: "sell",
    quantity: 1,
    expected_price: 0,
    idempotency_key: "mine",
    note: "x",
  };
  await client.orders.placeMany([extra as KeyedOrder, ...ordersOf(2)]);
  const [first, second, third] = ordersIn(seen[0]!);
  expect(first).toEqual({ name: "A", type: "sell", quantity: 1, expected_price: 0, idempotency_key: "mine" });
  expect(second?.idempotency_key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(third?.idempotency_key).not.toBe(second?.idempotency_key as string);
});

test.each<[string, Treatment]>([
  ["a shed request", refuses(503, "overloaded")],
  ["a limited request", refuses(429, "rate_limited")],
  ["a cut connection", cutsBeforeReply],
  ["a cut reply", cutsInsideReply],
  ["a proxy's page", replies(502, "<html>")],
])("after %s all its orders are sent again under the same keys", async (_, treatment) => {
  const { client, seen } = await start([treatment, trades()]);
  const results = await client.orders.placeMany(ordersOf(3));
  expect(results.map(({ data }) => data?.transaction_number)).toEqual([1, 2, 3]);
  expect(ordersIn(seen[1]!)).toEqual(ordersIn(seen[0]!));
});

test("only the orders that another attempt may help are sent again, and every result keeps its place", async () => {
  const { client, seen } = await start([
    trades({ 2: "overloaded", 3: "insufficient_quantity", 4: "outcome_unknown", 5: "order_in_flight" }),
    trades({ 4: "unavailable" }),
    trades(),
  ]);
  const results = await client.orders.placeMany(ordersOf(6));
  expect(results.map(({ data }) => data?.transaction_number)).toEqual([1, 2, undefined, 4, 5, 6]);
  expect(results[2]?.error?.reason).toBe("insufficient_quantity");
  const sent = seen.map((request) => ordersIn(request));
  expect(sent.map((orders) => orders.map(({ quantity }) => quantity))).toEqual([numbers(6), [2, 4, 5], [4]]);
  expect(sent[1]).toEqual([1, 3, 4].map((index) => sent[0]![index]!));
});

test("an order that was lost and then shed is unknown; one that was only shed is overloaded", async () => {
  const { client, seen } = await start(
    [trades({ 1: "outcome_unknown", 2: "overloaded" }), trades({ 1: "overloaded", 2: "overloaded" })],
    { retries: 1 },
  );
  const results = await client.orders.placeMany(ordersOf(2));
  expect(results.map(({ error }) => error?.reason)).toEqual(["outcome_unknown", "overloaded"]);
  const keys = ordersIn(seen[0]!).map((order) => order.idempotency_key);
  expect(results.map(({ error }) => error?.idempotencyKey)).toEqual(keys);
});

test.each<[string, Treatment, Reason]>([
  ["is refused", refuses(413, "payload_too_large"), "payload_too_large"],
  ["gets an answer of another length", replies(200, { data: [] }), "unexpected_reply"],
])("a request that %s is an end for each of its orders", async (_, treatment, reason) => {
  const { client, seen } = await start([treatment]);
  const results = await client.orders.placeMany(ordersOf(2));
  expect(results.map(({ error }) => error?.reason)).toEqual([reason, reason]);
  expect(seen.length).toBe(1);
});

test("the caller's signal ends it, and nothing more is sent", async () => {
  const { client, seen } = await start([hangs]);
  const startMs = performance.now();
  const results = await client.orders.placeMany(ordersOf(1_001), { signal: AbortSignal.timeout(100) });
  expect(performance.now() - startMs).toBeLessThan(1_000);
  expect(new Set(results.map(({ error }) => error?.reason))).toEqual(new Set(["aborted"]));
  expect(seen.length).toBe(1);
});

test("a market that keeps failing gets little more than the calls it was asked for", async () => {
  const { client, seen } = await start([refuses(503, "overloaded")]);
  const calls = 300;
  const results = await Promise.all(Array.from({ length: calls }, () => client.orders.buy("A", 1)));
  expect(new Set(results.map(({ error }) => error?.reason))).toEqual(new Set(["overloaded"]));
  expect(seen.length).toBeWithin(calls + 50, calls + 50 + calls / 10 + 15);
});
