import { expect, test } from "bun:test";

import fc from "fast-check";

import { createClient, type Client, type MarketEvent, type Result } from "./client.ts";
import { orderOf, stockOf } from "./failing-server.fixture.ts";

const { number: _number, ...placed } = orderOf(7);
const receipt = { transaction_number: 7, ...placed };
const audit = { state: "done", at: null, ok: true, problem: null, checks: [] };

/** A client whose market gives this one answer to everything. */
function answered(body: unknown): Client {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return createClient({ fetch: async () => new Response(text) });
}

const buy = ({ orders }: Client) => orders.buy("BoarCo", 3, { idempotencyKey: "mine", expected_price: 7.11 });

test.each<[string, unknown]>([
  ["nothing", null],
  ["a list", []],
  ["the ledger's form of the order", orderOf(7)],
  ["another stock", { ...receipt, name: "GameStart" }],
  ["the other side", { ...receipt, type: "sell" }],
  ["another quantity", { ...receipt, quantity: 2 }],
  ["a quantity as a text", { ...receipt, quantity: "3" }],
  ["another price than the expected one", { ...receipt, price: 7.12 }],
  ["no price", { ...receipt, price: undefined }],
  ["a price that is none", { ...receipt, price: -1 }],
  ["no number", { ...receipt, transaction_number: undefined }],
  ["number 0", { ...receipt, transaction_number: 0 }],
  ["no time", { ...receipt, at: null }],
])("an order that is answered with %s has no known outcome, alone and in a batch", async (_, data) => {
  const failed = { code: 200, reason: "unexpected_reply", idempotencyKey: "mine" };
  expect(await buy(answered({ data }))).toMatchObject({ data: null, error: failed });
  const order = { name: "BoarCo", type: "buy", quantity: 3, expected_price: 7.11 } as const;
  const client = answered({ data: [{ data }] });
  const [result] = await client.orders.placeMany([{ ...order, idempotency_key: "mine" }]);
  expect(result).toMatchObject({ data: null, error: failed });
});

test("what a newer market adds is no fault", async () => {
  const more = { ...receipt, fee: 0 };
  expect(await buy(answered({ data: more }))).toEqual({ data: more, error: null });
  const auction = { ...stockOf("A"), status: "auction" };
  expect((await answered({ data: auction }).stocks.get("A")).data).toEqual(auction as never);
});

test("a batch whose answers are in another sequence has no known outcome", async () => {
  const entries = ["GameStart", "BoarCo"].map((name) => ({ data: { ...receipt, name } }));
  const orders = ["BoarCo", "GameStart"].map((name) => ({ name, type: "buy" as const, quantity: 3 }));
  const results = await answered({ data: entries }).orders.placeMany(orders);
  expect(results.map(({ error }) => error?.reason)).toEqual(["unexpected_reply", "unexpected_reply"]);
});

test.each<[string, (client: Client) => Promise<Result<unknown>>, unknown]>([
  ["a stock with null", ({ stocks }) => stocks.get("A"), { data: null }],
  ["a stock with another", ({ stocks }) => stocks.get("A"), { data: stockOf("B") }],
  ["an order with another", ({ orders }) => orders.get(1), { data: orderOf(2) }],
  ["an order with its page", ({ orders }) => orders.get(1), { data: [orderOf(1)] }],
  ["the audit with null", (client) => client.audit(), { data: null }],
  ["the audit with a check of another form", (c) => c.audit(), { data: { ...audit, checks: [{}] } }],
  ["the stocks with null", ({ stocks }) => stocks.list(), { data: null }],
  ["the stocks with one that is none", ({ stocks }) => stocks.list(), { data: [stockOf("A"), null] }],
  ["the stocks with next: {}", ({ stocks }) => stocks.list(), { data: [], next: {} }],
  ["the stocks with a number as next", ({ stocks }) => stocks.list(), { data: [], next: 5 }],
  ["the stocks with pages in a circle", ({ stocks }) => stocks.list(), { data: [stockOf("A")], next: "A" }],
])("%s is an unexpected_reply", async (_, call, body) => {
  expect(await call(answered(body))).toMatchObject({ data: null, error: { reason: "unexpected_reply" } });
});

test.each<[string, unknown]>([
  ["null", { data: null }],
  ["a row of another form", { data: [orderOf(8), { number: 9 }] }],
  ["a row of another stock", { data: [{ ...orderOf(8), name: "GameStart" }] }],
  ["a row that was there before", { data: [orderOf(7)] }],
  ["next: {}", { data: [], next: {} }],
  ["the same page again", { data: [], next: 7 }],
])("a page of the ledger that is %s throws", async (_, body) => {
  const listing = answered(body).orders.list({ name: "BoarCo", after: 7 });
  const thrown = await Array.fromAsync(listing).catch((error: unknown) => error);
  expect(thrown).toMatchObject({ name: "BourseError", reason: "unexpected_reply" });
});

const trade = { ...orderOf(8), quantity_after: 5, stock_version: 9 };
const change = { ...stockOf("A"), change: 4, kind: "price", at: "" };

test.each<[MarketEvent["type"], unknown]>([
  ["hello", {}],
  ["reset", null],
  ["trade", { ...trade, number: 7 }],
  ["trade", { ...trade, quantity_after: undefined }],
  ["trade", { number: 8 }],
  ["stock", { ...change, change: 3 }],
  ["stock", { ...change, version: "1" }],
])("a %s event of another form throws: %p", async (type, data) => {
  const text = `id: 8-4\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
  const headers = { "Content-Type": "text/event-stream" };
  const client = createClient({ fetch: async () => new Response(text, { headers }) });
  const thrown = await client
    .events()
    .next()
    .catch((error: unknown) => error);
  expect(thrown).toMatchObject({ name: "BourseError", reason: "unexpected_reply" });
});

test.each<[string, number, unknown]>([
  ["a refusal with the status of a success", 200, { code: 200, reason: "insufficient_quantity" }],
  ["a refusal with the code of another status", 502, { code: 400, reason: "insufficient_quantity" }],
])("%s is no outcome", async (_, status, error) => {
  const fetch = async () => Response.json({ error: { message: "", ...Object(error) } }, { status });
  const { error: failed } = await createClient({ fetch, retries: 0 }).orders.buy("A", 1);
  expect(failed).toMatchObject({ code: status, reason: "unexpected_reply" });
});

test("whatever JSON comes, no call throws and no order counts as traded", async () => {
  const bodies = fc.oneof(
    fc.json(),
    fc.json().map((json) => `{"data":${json}}`),
  );
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      const client = answered(body);
      const many = await client.orders.placeMany([{ name: "A", type: "buy", quantity: 1 }]);
      const lookups = [client.stocks.get("A"), client.stocks.list(), client.orders.get(1), client.audit()];
      await Promise.all(lookups);
      for (const { data } of [await buy(client), ...many]) expect(data).toBeNull();
    }),
    { numRuns: 300 },
  );
});
