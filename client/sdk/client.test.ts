import { afterEach, expect, test } from "bun:test";

import { createClient, type Audit } from "./client.ts";
import { replies, startServer, stockOf, trades, type Treatment } from "./failing-server.fixture.ts";

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function start(...treatments: Treatment[]) {
  const server = await startServer(treatments);
  stops.push(server.stop);
  return { url: server.url, seen: server.seen, client: createClient({ baseUrl: `${server.url}/` }) };
}

const anything = replies(200, { data: {} });

test("an order says on the wire what was asked, and nothing else", async () => {
  const { client, seen } = await start(trades);
  await client.orders.buy("A", 1);
  await client.orders.sell("B", 2, { expected_price: 0, idempotencyKey: "k" });
  await client.orders.place(
    { name: "C", type: "buy", quantity: 3, expected_price: 15.99 },
    { idempotencyKey: "k" },
  );
  expect(seen.map(({ body }) => JSON.parse(body))).toEqual([
    { name: "A", type: "buy", quantity: 1 },
    { name: "B", type: "sell", quantity: 2, expected_price: 0 },
    { name: "C", type: "buy", quantity: 3, expected_price: 15.99 },
  ]);
  expect(seen.map(({ key }) => key).slice(1)).toEqual(["k", "k"]);
});

test("two orders never share a key by themselves", async () => {
  const { client, seen } = await start(trades);
  await Promise.all([client.orders.buy("A", 1), client.orders.buy("A", 1)]);
  expect(seen[0]?.key).not.toBe(seen[1]?.key as string);
});

test("an API key goes along with every call, and without one nothing does", async () => {
  const { url, client, seen } = await start(anything);
  await client.audit();
  const known = createClient({ baseUrl: url, apiKey: "bk_1" });
  await known.stocks.get("A");
  await known.orders.buy("A", 1);
  await known.orders.placeMany([{ name: "A", type: "buy", quantity: 1 }]);
  await known
    .events()
    .next()
    .catch(() => undefined);
  const sent = seen.map(({ headers }) => headers.authorization);
  expect(sent).toEqual([undefined, ...Array(4).fill("Bearer bk_1")]);
});

test("audit is what the market last found", async () => {
  const checks = [{ name: "numbers", ok: true, detail: "10 trades" }];
  const audit: unknown = { state: "done", at: "2026-01-01T00:00:00.000Z", ok: true, checks, problem: null };
  const { client, seen } = await start(replies(200, { data: audit }));
  expect(await client.audit()).toEqual({ data: audit as Audit, error: null });
  expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(["GET /audit"]);
});

test("a list is every page of the market", async () => {
  const { client, seen } = await start(
    replies(200, { data: [stockOf("A"), stockOf("B")], next: "B" }),
    replies(200, { data: [stockOf("C")], next: null }),
  );
  const { data } = await client.stocks.list();
  expect(data?.map(({ name }) => name)).toEqual(["A", "B", "C"]);
  expect(seen.map(({ url }) => url)).toEqual(["/stocks", "/stocks?after=B"]);
});

test.each([
  ["a/b", "/stocks/a%2Fb"],
  ["a?b#c", "/stocks/a%3Fb%23c"],
  ["%00", "/stocks/%2500"],
])("the name %p is sent as one part of the path", async (name, url) => {
  const { client, seen } = await start(anything);
  await client.stocks.get(name);
  expect(seen[0]?.url).toBe(url);
});

test.each(["", ".", "..", "\ud800"])(
  "the name %p, which no URL can carry, is invalid and not sent",
  async (name) => {
    const { client, seen } = await start(anything);
    expect((await client.stocks.get(name)).error).toMatchObject({ code: 422, reason: "invalid_request" });
    expect(seen).toEqual([]);
  },
);

test.each([
  ["empty", ""],
  ["of two words", "two words"],
  ["of two lines", "line\nbreak"],
  ["beyond ASCII", "é"],
  ["of 256 characters", "k".repeat(256)],
])("a key %s is invalid and not sent", async (_, key) => {
  const { client, seen } = await start(anything);
  const { error } = await client.orders.buy("A", 1, { idempotencyKey: key });
  expect(error).toMatchObject({ code: 422, reason: "invalid_request" });
  expect(seen).toEqual([]);
});

test.each<[string, Treatment, number]>([
  ["another server's page", replies(200, "<html></html>"), 200],
  ["JSON of another shape", replies(200, { stocks: [] }), 200],
  [
    "a reason from the future",
    replies(409, { error: { code: 409, message: "m", reason: "market_closed" } }),
    409,
  ],
])("%s is an unexpected_reply", async (_, treatment, code) => {
  const { client } = await start(treatment);
  expect((await client.orders.get(1)).error).toMatchObject({ code, reason: "unexpected_reply" });
});
