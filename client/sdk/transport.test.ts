import { afterEach, expect, test } from "bun:test";

import { until } from "../../testing/until.ts";
import { createClient, type ClientOptions, type PlacedOrder, type Reason, type Stock } from "./client.ts";
import {
  cutsBeforeReply,
  cutsInsideReply,
  hangs,
  refuses,
  replies,
  startServer,
  type Treatment,
} from "./failing-server.fixture.ts";

const placed: PlacedOrder = {
  transaction_number: 7,
  name: "BoarCo",
  type: "buy",
  quantity: 3,
  price: 7.11,
  at: "2026-01-01T00:00:00.000Z",
};
const trades = replies(200, { data: placed });
const overloaded = refuses(503, "overloaded");
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function startMarket(treatments: Treatment[], options: ClientOptions = {}) {
  const server = await startServer(treatments);
  stops.push(server.stop);
  return { seen: server.seen, client: createClient({ baseUrl: server.url, ...options }) };
}

test.each<[string, Treatment[]]>([
  ["503", [overloaded, trades]],
  ["429", [refuses(429, "rate_limited"), trades]],
  ["409 order_in_flight", [refuses(409, "order_in_flight"), trades]],
  ["503 outcome_unknown", [refuses(503, "outcome_unknown"), trades]],
  ["a proxy's 502", [replies(502, "<html>Bad Gateway</html>"), trades]],
  ["a cut connection", [cutsBeforeReply, trades]],
  ["a cut reply", [cutsInsideReply, trades]],
  ["one of each", [cutsBeforeReply, overloaded, cutsInsideReply, trades]],
])("after %s the same order is sent again under the same key", async (_, treatments) => {
  const { client, seen } = await startMarket(treatments);
  expect(await client.orders.buy("BoarCo", 3)).toEqual({ data: placed, error: null });
  expect(seen.length).toBe(treatments.length);
  expect(seen[0]?.key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  for (const { method, url, key, body } of seen) {
    expect({ method, url, key }).toEqual({ method: "POST", url: "/orders", key: seen[0]?.key });
    expect(JSON.parse(body)).toEqual({ name: "BoarCo", type: "buy", quantity: 3 });
  }
});

test.each<[number, Reason, boolean]>([
  [400, "insufficient_quantity", false],
  [404, "stock_not_found", false],
  [409, "price_changed", false],
  [422, "idempotency_key_reused", true],
  [422, "invalid_request", true],
  [500, "internal_error", true],
])("%d %s is an end: no attempt follows; the error carries the key: %p", async (status, reason, keyed) => {
  const { client, seen } = await startMarket([refuses(status, reason), trades]);
  const { error } = await client.orders.sell("BoarCo", 3, { idempotencyKey: "mine" });
  expect(error).toEqual({
    code: status,
    message: reason,
    reason,
    ...(keyed && { idempotencyKey: "mine" }),
  });
  await Bun.sleep(150);
  expect(seen.length).toBe(1);
});

test("a market that hangs is asked again, and given up within the time of the whole call", async () => {
  const { client, seen } = await startMarket([hangs], { timeoutMs: 1_600 });
  const startMs = performance.now();
  const { error } = await client.orders.buy("BoarCo", 3);
  expect(performance.now() - startMs).toBeLessThan(1_900);
  expect(seen.length).toBe(2);
  expect(error).toMatchObject({ code: 0, reason: "timeout", idempotencyKey: seen[0]?.key });
});

test("a hanging attempt is abandoned for another one", async () => {
  const { client, seen } = await startMarket([hangs, trades], { timeoutMs: 2_500 });
  const { data } = await client.orders.buy("BoarCo", 3);
  expect(data?.transaction_number).toBe(7);
  expect(seen[1]?.key).toBe(seen[0]?.key);
});

test("a market that comes up late is reached", async () => {
  const gone = await startServer([trades]);
  await gone.stop();
  const late = Bun.sleep(80).then(() => startServer([trades], gone.port));
  const { data } = await createClient({ baseUrl: gone.url }).orders.buy("BoarCo", 3);
  stops.push((await late).stop);
  expect(data?.transaction_number).toBe(7);
});

test("a market that is not there is a network_error, after as many attempts as allowed", async () => {
  const gone = await startServer([trades]);
  await gone.stop();
  const attempts: string[] = [];
  const fetch = (url: string, init: RequestInit) => {
    attempts.push(url);
    return globalThis.fetch(url, init);
  };
  const client = createClient({ baseUrl: gone.url, retries: 2, fetch });
  const { error } = await client.stocks.get("BoarCo");
  expect(error).toMatchObject({ code: 0, reason: "network_error" });
  expect(error).not.toHaveProperty("idempotencyKey");
  expect(attempts).toEqual(Array(3).fill(`${gone.url}/stocks/BoarCo`));
});

test("an order that was lost and then shed is unknown, not overloaded", async () => {
  const { client } = await startMarket([cutsBeforeReply, overloaded], { retries: 1 });
  const { error } = await client.orders.buy("BoarCo", 3, { idempotencyKey: "mine" });
  expect(error).toMatchObject({ code: 503, reason: "outcome_unknown", idempotencyKey: "mine" });
});

test("an order that was only shed is overloaded", async () => {
  const { client, seen } = await startMarket([overloaded], { retries: 2 });
  const { error } = await client.orders.buy("BoarCo", 3);
  expect(error).toMatchObject({ code: 503, reason: "overloaded" });
  expect(seen.length).toBe(3);
});

test("Retry-After is waited for", async () => {
  const { client, seen } = await startMarket([refuses(503, "overloaded", { "Retry-After": "1" }), trades]);
  await client.orders.buy("BoarCo", 3);
  const [first, second] = seen;
  if (!first || !second) throw new Error("two attempts were expected");
  expect(second.atMs - first.atMs).toBeGreaterThanOrEqual(990);
});

test("a Retry-After past the end of the call ends it at once", async () => {
  const { client } = await startMarket([refuses(503, "overloaded", { "Retry-After": "60" })]);
  const startMs = performance.now();
  const { error } = await client.orders.buy("BoarCo", 3);
  expect(error?.reason).toBe("overloaded");
  expect(performance.now() - startMs).toBeLessThan(1_000);
});

test.each<[string, Treatment[]]>([
  ["an attempt", [hangs]],
  ["a wait between attempts", [refuses(503, "overloaded", { "Retry-After": "5" })]],
])("the caller's signal ends %s, and no attempt follows", async (_, treatments) => {
  const { client, seen } = await startMarket(treatments);
  const startMs = performance.now();
  const leaving = new AbortController();
  const buying = client.orders.buy("BoarCo", 3, { signal: leaving.signal });
  await until(() => seen.length > 0);
  setTimeout(() => leaving.abort(), 50);
  const { error } = await buying;
  expect(error?.reason).toBe("aborted");
  expect(error?.idempotencyKey).toBe(seen[0]?.key as string);
  expect(performance.now() - startMs).toBeLessThan(1_000);
  expect(seen.length).toBe(1);
});

test("lookups are asked again likewise, without a key", async () => {
  const stock: Stock = { name: "BoarCo", price: 7.11, quantity: 100, volume: 0, status: "open", version: 1 };
  const { client, seen } = await startMarket([overloaded, cutsBeforeReply, replies(200, { data: stock })]);
  expect(await client.stocks.get("BoarCo")).toEqual({ data: stock, error: null });
  expect(seen.map(({ method, url, key }) => [method, url, key])).toEqual(
    Array(3).fill(["GET", "/stocks/BoarCo", undefined]),
  );
});
