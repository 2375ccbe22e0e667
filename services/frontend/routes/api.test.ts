import { expect, test } from "bun:test";

import { until } from "../../../testing/until.ts";
import { openMarket, LocalMarket, type Reply } from "../market.fixture.ts";

const buy = (quantity: unknown = 1) => ({ name: "A", type: "buy", quantity });
const stock = (name: string, quantity = 100) => ({ name, priceCents: 1600, quantity });

/** Status and body of a failure, as the contract words them. */
function failure(reply: Reply) {
  expect(reply.body).toEqual({
    error: { code: reply.status, message: expect.any(String), reason: expect.any(String) },
  });
  return [reply.status, reply.body.error.reason];
}

test("GET /stocks/:name shows a stock with its price in units", async () => {
  await using market = await openMarket();
  const { status, headers, body } = await market.ask("/stocks/A");
  expect(status).toBe(200);
  expect(body).toEqual({
    data: { name: "A", price: 15.99, quantity: 100, volume: 0, status: "open", version: 1 },
  });
  expect(headers.get("content-type")).toStartWith("application/json");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});

test("a stock that there is not is `stock not found`, in its exact case", async () => {
  await using market = await openMarket();
  for (const name of ["a", "B", "A".repeat(32)])
    expect(await market.ask(`/stocks/${name}`)).toMatchObject({
      status: 404,
      body: { error: { code: 404, message: "stock not found", reason: "stock_not_found" } },
    });
});

const noNames = [
  "A%00",
  "A%0d%0aSet-Cookie:x",
  "%2e%2e%2fA",
  "A%2fB",
  "A%20",
  "%D0%90",
  "A%2BB",
  "A".repeat(33),
  "%",
];

test.each(noNames)("GET /stocks/%s is no name: 422", async (name) => {
  await using market = await openMarket();
  expect(failure(await market.ask(`/stocks/${name}`))).toEqual([422, "invalid_request"]);
});

test("GET /stocks pages by name, with the cursor beside the data", async () => {
  await using market = await openMarket({ opening: ["C", "A", "B", "D"].map((name) => stock(name)) });
  const first = await market.ask("/stocks?limit=3");
  expect(first.body.data.map(({ name }: { name: string }) => name)).toEqual(["A", "B", "C"]);
  expect(first.body.data[0]).toEqual((await market.ask("/stocks/A")).body.data);
  expect(first.body.next).toBe("C");
  const rest = await market.ask(`/stocks?after=${first.body.next}`);
  expect(rest.body.data.map(({ name }: { name: string }) => name)).toEqual(["D"]);
  expect(rest.body.next).toBeNull();
});

test("POST /orders answers with the transaction, and both books show it", async () => {
  await using market = await openMarket();
  const { status, headers, body } = await market.post({ ...buy(3), expected_price: 15.99 });
  expect(status).toBe(200);
  expect(body).toEqual({
    data: {
      transaction_number: 1,
      name: "A",
      type: "buy",
      quantity: 3,
      price: 15.99,
      at: expect.any(String),
    },
  });
  expect(new Date(body.data.at).toISOString()).toBe(body.data.at);
  expect(headers.has("idempotency-replayed")).toBe(false);
  expect(headers.get("cache-control")).toBe("no-store");
  expect((await market.ask("/stocks/A")).body.data).toMatchObject({ quantity: 97, volume: 3, version: 2 });
  const { transaction_number, ...rest } = body.data;
  expect((await market.ask("/orders/1")).body).toEqual({ data: { number: transaction_number, ...rest } });
});

test("a price without cents is a plain integer", async () => {
  await using market = await openMarket({ opening: [stock("A")] });
  expect((await market.post(buy())).body.data.price).toBe(16);
});

const refusals: [order: unknown, status: number, reason: string, message: string][] = [
  [buy(101), 400, "insufficient_quantity", "not enough shares"],
  [{ ...buy(), name: "B" }, 404, "stock_not_found", "stock not found"],
  [{ ...buy(), expected_price: 15.98 }, 409, "price_changed", "price"],
  [{ name: "Full", type: "sell", quantity: 1 }, 400, "limit_exceeded", "2^50"],
  [{ name: "Halted", type: "sell", quantity: 1 }, 409, "trading_halted", "halted"],
];

test.each(refusals)(
  "%j is refused: %d %s, and replayed with its key",
  async (order, status, reason, message) => {
    const opening = [{ name: "A", priceCents: 1599, quantity: 100 }, stock("Full", 2 ** 50), stock("Halted")];
    await using market = await openMarket({ opening });
    market.catalog.db.exec("UPDATE stocks SET status = 'halted' WHERE name = 'Halted'");
    const headers = { "idempotency-key": "k" };
    const first = await market.post(order, headers);
    expect(failure(first)).toEqual([status, reason]);
    expect(first.body.error.message).toContain(message);
    expect(first.headers.has("idempotency-replayed")).toBe(false);
    const again = await market.post(order, headers);
    expect(again.body).toEqual(first.body);
    expect(again.status).toBe(status);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(market.catalog.count("trades")).toBe(0);
  },
);

test("a repeat with its key gets the same body back, marked as replayed, and trades nothing", async () => {
  await using market = await openMarket();
  const headers = { "idempotency-key": "~one key!" };
  const order = { ...buy(2), expected_price: 15.99 };
  expect(failure(await market.post(order, headers))).toEqual([422, "invalid_request"]);
  headers["idempotency-key"] = "~one-key!";
  const first = await market.post(order, headers);
  market.catalog.db.exec("UPDATE stocks SET price_cents = 1");
  const again = await market.post(order, headers);
  expect(again).toMatchObject({ status: 200, body: first.body });
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(market.catalog.count("trades")).toBe(1);
  expect(failure(await market.post(buy(3), headers))).toEqual([422, "idempotency_key_reused"]);
});

test("two requests with one key at once: one trades, the other gets order_in_flight", async () => {
  await using market = await openMarket();
  const headers = { "idempotency-key": "k" };
  const replies = await Promise.all([market.post(buy(), headers), market.post(buy(2), headers)]);
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 409]));
  expect(failure(replies.find(({ status }) => status === 409)!)).toEqual([409, "order_in_flight"]);
  expect(market.catalog.count("trades")).toBe(1);
});

test("orders without a key are orders of their own", async () => {
  await using market = await openMarket();
  await market.post(buy());
  await market.post(buy());
  expect((await market.ask("/stocks/A")).body.data.quantity).toBe(98);
});

const badKeys = ["", "a b", "k".repeat(256), "schlüssel"];

test.each(badKeys)("the key %j is refused, and nothing is written", async (key) => {
  await using market = await openMarket();
  expect(failure(await market.post(buy(), { "idempotency-key": key }))).toEqual([422, "invalid_request"]);
  expect(market.catalog.count("trades")).toBe(0);
});

const badBodies: [body: string, status: number, type: string][] = [
  ["", 422, "application/json"],
  ["{", 422, "application/json"],
  ["null", 422, "application/json"],
  ["[]", 422, "application/json"],
  ['"buy"', 422, "application/json"],
  ["{}", 422, "application/json"],
  ['{"type":"buy","quantity":1}', 422, "application/json"],
  ['{"name":"A","type":"buy","quantity":1,"quantity":2}', 422, "application/json"],
  ['{"name":"A","type":"buy","quantity":1,"__proto__":{}}', 422, "application/json"],
  ['{"name":"A","type":"buy","quantity":1,"price":1}', 422, "application/json"],
  ['{"name":"A","type":"buy","quantity":1,"expected_price":15.999}', 422, "application/json"],
  ["[".repeat(2_000) + "]".repeat(2_000), 422, "application/json"],
  [`{"name":"A","type":"buy","quantity":1}${" ".repeat(4_096)}`, 413, "application/json"],
  ['{"name":"A","type":"buy","quantity":1}', 415, "text/plain"],
  ["name=A&type=buy&quantity=1", 415, "application/x-www-form-urlencoded"],
];

test.each(badBodies)("the body %p is refused with %d, and nothing is written", async (body, status, type) => {
  await using market = await openMarket();
  const before = market.catalog.everything();
  const reply = await market.post(body, { "content-type": type });
  const reason = { 413: "payload_too_large", 415: "unsupported_media_type", 422: "invalid_request" }[status];
  expect(failure(reply)).toEqual([status, reason]);
  expect(market.catalog.everything()).toEqual(before);
});

const badQuantities = [
  "0",
  "-1",
  "1.5",
  "1e21",
  "1e400",
  "9007199254740992",
  "-0",
  '"1"',
  "true",
  "null",
  "[1]",
  "NaN",
];

test.each(badQuantities)("the quantity %s is refused, and nothing is written", async (quantity) => {
  await using market = await openMarket();
  const before = market.catalog.everything();
  const reply = await market.post(`{"name":"A","type":"sell","quantity":${quantity}}`);
  expect(failure(reply)).toEqual([422, "invalid_request"]);
  expect(market.catalog.everything()).toEqual(before);
});

test("the message about an invalid order does not quote it", async () => {
  await using market = await openMarket();
  const { body } = await market.post({ ...buy(), name: "<script>" });
  expect(body.error.message).toBe("name must be 1 to 32 of A-Z a-z 0-9 . - _");
});

test("what common clients send is taken: a byte order mark, charset=utf8, a last `;`", async () => {
  await using market = await openMarket();
  for (const type of ["application/json; charset=utf8", "application/json;", "application/json"]) {
    const { status } = await market.post(`\uFEFF${JSON.stringify(buy())}`, { "content-type": type });
    expect([type, status]).toEqual([type, 200]);
  }
});

test("a field that is missing is named as missing", async () => {
  await using market = await openMarket();
  const { body } = await market.post({ type: "buy", quantity: 1 });
  expect(body.error.message).toBe("name is missing");
});

test("GET /orders/:number of no order is `order not found`", async () => {
  await using market = await openMarket();
  expect(await market.ask("/orders/1")).toMatchObject({
    status: 404,
    body: { error: { code: 404, message: "order not found", reason: "order_not_found" } },
  });
});

const noNumbers = ["0", "-1", "01", "1.5", "1e3", "x", "9007199254740992", "%31%00", "+1"];

test.each(noNumbers)("GET /orders/%s is no positive integer: 422", async (number) => {
  await using market = await openMarket();
  expect(failure(await market.ask(`/orders/${number}`))).toEqual([422, "invalid_request"]);
});

test("GET /orders pages oldest first, by name and type, with the cursor beside the data", async () => {
  await using market = await openMarket({ opening: [stock("A"), stock("B")] });
  for (const [name, type] of [
    ["A", "buy"],
    ["B", "buy"],
    ["A", "sell"],
    ["A", "buy"],
  ])
    await market.post({ name, type, quantity: 1 });
  const numbers = (reply: Reply) => reply.body.data.map(({ number }: { number: number }) => number);

  const all = await market.ask("/orders");
  expect(numbers(all)).toEqual([1, 2, 3, 4]);
  expect(all.body.next).toBeNull();
  expect(all.body.data[2]).toEqual((await market.ask("/orders/3")).body.data);

  const first = await market.ask("/orders?name=A&limit=2");
  expect(numbers(first)).toEqual([1, 3]);
  expect(first.body.next).toBe(3);
  expect(numbers(await market.ask(`/orders?name=A&limit=2&after=${first.body.next}`))).toEqual([4]);
  expect(numbers(await market.ask("/orders?type=sell"))).toEqual([3]);
  expect(numbers(await market.ask("/orders?name=B&type=sell"))).toEqual([]);
});

const badQueries = [
  "limit=0",
  "limit=1001",
  "limit=x",
  "limit=1&limit=2",
  "after=-1",
  "after=x",
  "name=%00",
  "type=short",
];

test.each(badQueries)("GET /orders?%s is refused", async (query) => {
  await using market = await openMarket();
  expect(failure(await market.ask(`/orders?${query}`))).toEqual([422, "invalid_request"]);
});

test.each(["limit=0", "limit=1001", "after=A%20B", "after=A&after=B"])(
  "GET /stocks?%s is refused",
  async (query) => {
    await using market = await openMarket();
    expect(failure(await market.ask(`/stocks?${query}`))).toEqual([422, "invalid_request"]);
  },
);

test("it is alive at once, and ready once an order would go through", async () => {
  await using market = new LocalMarket();
  expect(await market.ask("/healthz")).toMatchObject({ status: 200, body: { data: { status: "alive" } } });
  const early = await market.ask("/readyz");
  expect(failure(early)).toEqual([503, "unavailable"]);
  expect(early.headers.get("retry-after")).toBe("1");
  market.order.parts.start();
  const message = async () => (await market.ask("/readyz")).body.error?.message ?? "ready";
  await until(async () => (await message()).includes("event streams"));
  market.reportHeads();
  expect(await message()).toBe("ready");
  expect((await market.post(buy())).status).toBe(200);
});

test.each(["", "?after=0-0", "?lastEventId=3-1"])(
  "/events%s answers 200 with `retry` while nothing is known of the market, so that a browser comes back",
  async (query) => {
    await using market = new LocalMarket();
    const response = await market.app.handle(new Request(`http://localhost/events${query}`));
    expect([response.status, response.headers.get("content-type")]).toEqual([
      200,
      "text/event-stream;charset=utf-8",
    ]);
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("retry: 500\n\n");
    await reader.cancel();
  },
);

test("a peer that is away is unavailable, with the time to come back", async () => {
  const away = async () => ({ ok: false, arrived: "no" }) as const;
  await using market = await openMarket({
    orderTimeoutMs: 60,
    spoilCatalog: () => ({ stock: away }),
    spoilOrders: () => ({ submit: away, trade: away }),
  });
  for (const reply of [
    await market.ask("/stocks/A"),
    await market.post(buy()),
    await market.ask("/orders/1"),
  ]) {
    expect(failure(reply)).toEqual([503, "unavailable"]);
    expect(reply.headers.get("retry-after")).toBe("1");
  }
});

test("outcome_unknown comes with the key to ask again with, and asking gives the one outcome", async () => {
  let losing = true;
  const lost = { ok: false, arrived: "maybe" } as const;
  await using market = await openMarket({
    orderTimeoutMs: 150,
    spoilOrders: (orders) => ({
      async submit(...call) {
        const reply = await orders.submit(...call);
        return losing ? lost : reply;
      },
    }),
  });
  const unknown = await market.post(buy(5));
  expect(failure(unknown)).toEqual([503, "outcome_unknown"]);
  const key = unknown.headers.get("idempotency-key")!;
  losing = false;
  const again = await market.post(buy(5), { "idempotency-key": key });
  expect(again).toMatchObject({ status: 200, body: { data: { transaction_number: 1, quantity: 5 } } });
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(market.catalog.count("trades")).toBe(1);
});

test("an unknown path is 404, a wrong method is 405 with Allow", async () => {
  await using market = await openMarket();
  expect(failure(await market.ask("/nowhere"))).toEqual([404, "route_not_found"]);
  const wrong = await market.ask("/orders", { method: "DELETE" });
  expect(failure(wrong)).toEqual([405, "method_not_allowed"]);
  expect(wrong.headers.get("allow")).toBe("GET, HEAD, POST");
  for (const method of ["GET", "HEAD", "PUT"]) {
    const batch = await market.app.handle(new Request("http://localhost/orders/batch", { method }));
    expect([method, batch.status, batch.headers.get("allow")]).toEqual([method, 405, "POST"]);
  }
  const number = await market.ask("/orders/1", { method: "POST" });
  expect([number.status, number.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

test("no header opens the market to another origin's pages", async () => {
  await using market = await openMarket();
  const { headers } = await market.ask("/stocks/A", { headers: { origin: "https://elsewhere.example" } });
  expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
});
