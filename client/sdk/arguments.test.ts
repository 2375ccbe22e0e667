import { afterEach, expect, test } from "bun:test";

import fc from "fast-check";

import { BourseError, createClient, type Client, type Result } from "./client.ts";
import { startServer, trades } from "./failing-server.fixture.ts";

/** Arguments as a program in JavaScript may pass them: no compiler has checked their types. */
type Untyped = (...values: unknown[]) => Promise<Result<unknown>>;
const untyped = (call: unknown) => call as Untyped;

/** A client that records what it sends; each request gets a 500. */
function recorded() {
  const sent: string[] = [];
  const fetch = async (url: string) => {
    sent.push(url);
    return Response.json({}, { status: 500 });
  };
  return { sent, client: createClient({ fetch, retries: 0 }) };
}

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

const order = { name: "A", type: "buy", quantity: 1 };
const invalid = { data: null, error: { code: 422, reason: "invalid_request" } };

test.each([null, 5, true, [["k"]], {}, 1n, Symbol("k"), new String("k")])(
  "the idempotency key %p is refused and not sent, alone and in a batch",
  async (key: unknown) => {
    const { client, sent } = recorded();
    const [buy, place] = [untyped(client.orders.buy), untyped(client.orders.place)];
    expect(await buy("A", 1, { idempotencyKey: key })).toMatchObject(invalid);
    expect(await place(order, { idempotencyKey: key })).toMatchObject(invalid);
    const many: unknown = await untyped(client.orders.placeMany)([{ ...order, idempotency_key: key }]);
    expect(many).toMatchObject([invalid]);
    expect(sent).toEqual([]);
  },
);

test("the key undefined, given or not, is a new key each time", async () => {
  const server = await startServer([trades]);
  stops.push(server.stop);
  const { orders } = createClient({ baseUrl: server.url });
  await orders.buy("A", 1, { idempotencyKey: undefined });
  await orders.buy("A", 1, { idempotencyKey: undefined });
  expect(new Set(server.seen.map(({ key }) => key)).size).toBe(2);
  expect(server.seen.map(({ key }) => key)).not.toContain("undefined");
});

test.each<[string, unknown]>([
  ["no order", undefined],
  ["null", null],
  ["a text", "A"],
  ["a quantity as BigInt", { ...order, quantity: 1n }],
  ["a quantity as a text", { ...order, quantity: "1" }],
  ["a quantity that is no number", { ...order, quantity: NaN }],
  ["a name that is null", { ...order, name: null }],
  ["a type that is missing", { name: "A", quantity: 1 }],
  ["an expected price that is null", { ...order, expected_price: null }],
  ["an expected price without an end", { ...order, expected_price: Infinity }],
])("an order that is %s is refused and not sent, alone and in a batch", async (_, input) => {
  const { client, sent } = recorded();
  expect(await untyped(client.orders.place)(input)).toMatchObject(invalid);
  const many: unknown = await untyped(client.orders.placeMany)([input]);
  expect(many).toMatchObject([invalid]);
  expect(sent).toEqual([]);
});

test("an order of a batch that cannot be sent fails alone, and every result keeps its index", async () => {
  const server = await startServer([
    (response, { body }) => {
      const { orders } = JSON.parse(body) as { orders: { quantity: number }[] };
      const data = orders.map((sent) => ({
        data: { transaction_number: sent.quantity, ...sent, price: 1, at: "" },
      }));
      response.end(JSON.stringify({ data }));
    },
  ]);
  stops.push(server.stop);
  const { orders } = createClient({ baseUrl: server.url });
  const inputs: unknown[] = [order, null, { ...order, quantity: 2 }];
  // A hole.
  inputs.length = 4;
  inputs.push({ ...order, quantity: 3, idempotency_key: null });
  const results = (await untyped(orders.placeMany)(inputs)) as unknown as Result<{ quantity: number }>[];
  expect(results.map(({ data, error }) => data?.quantity ?? error?.reason)).toEqual([
    1,
    "invalid_request",
    2,
    "invalid_request",
    "invalid_request",
  ]);
  expect(server.seen.length).toBe(1);
});

test.each<[string, unknown]>([
  ["null", null],
  ["a text", "fast"],
  ["with a signal that is null", { signal: null }],
  ["with a signal that is none", { signal: {} }],
])("options that are %s are refused and nothing is sent", async (_, options) => {
  const { client, sent } = recorded();
  const { stocks, orders } = client;
  const results = await Promise.all([
    untyped(stocks.get)("A", options),
    untyped(stocks.list)(options),
    untyped(orders.buy)("A", 1, options),
    untyped(orders.place)(order, options),
    untyped(orders.get)(1, options),
    untyped(client.audit)(options),
  ]);
  for (const result of results) expect(result).toMatchObject(invalid);
  const many: unknown = await untyped(orders.placeMany)([order, order], options);
  expect(many).toMatchObject([invalid, invalid]);
  for (const iterate of [orders.list, client.events] as unknown[]) {
    const thrown = await Array.fromAsync((iterate as typeof orders.list)(options as never)).catch(
      (error: unknown) => error,
    );
    expect(thrown).toMatchObject({ name: "BourseError", reason: "invalid_request" });
  }
  expect(sent).toEqual([]);
});

test.each<[string, (client: Client) => Promise<unknown>]>([
  ["orders that are no array", ({ orders }) => untyped(orders.placeMany)(null).then(Object.values)],
  ["a stock named null", ({ stocks }) => untyped(stocks.get)(null).then((result) => [result])],
  ["order number '..'", ({ orders }) => untyped(orders.get)("..").then((result) => [result])],
  ["order number 1n", ({ orders }) => untyped(orders.get)(1n).then((result) => [result])],
  ["order number 0", ({ orders }) => orders.get(0).then((result) => [result])],
])("%s: refused and not sent", async (_, call) => {
  const { client, sent } = recorded();
  expect(await call(client)).toMatchObject([invalid]);
  expect(sent).toEqual([]);
});

test.each<[string, object]>([
  ["after null", { after: null }],
  ["after a text", { after: "7" }],
  ["of the stock null", { name: null }],
  ["of the type null", { type: null }],
])("the list of orders %s throws: it is neither empty nor another list", async (_, options) => {
  const { client, sent } = recorded();
  const thrown = await Array.fromAsync(client.orders.list(options)).catch((error: unknown) => error);
  expect(thrown).toMatchObject({ name: "BourseError", reason: "invalid_request" });
  expect(sent).toEqual([]);
});

test("whatever is passed, no call throws", async () => {
  const { client } = recorded();
  await fc.assert(
    fc.asyncProperty(fc.anything(), fc.anything(), fc.anything(), async (first, second, third) => {
      const { stocks, orders } = client;
      for (const call of [stocks.get, stocks.list, orders.buy, orders.place, orders.get, client.audit])
        expect((await untyped(call)(first, second, third)).data).toBeNull();
      await untyped(orders.placeMany)([first, second], third);
      const listing = Array.fromAsync(orders.list(first as never));
      expect(await listing.catch((error: unknown) => error)).toBeInstanceOf(BourseError);
    }),
    { numRuns: 300 },
  );
});
