import { expect, test } from "bun:test";

import { until } from "../../../testing/until.ts";
import { limits } from "../../contract/limits.ts";
import type { OrderService } from "../../contract/order-service.ts";
import { HttpFailure } from "../../runtime/http/http-failure.ts";
import { openMarket, type LocalMarket, type Reply } from "../market.fixture.ts";
import { readBatch } from "./batch-input.ts";

const buy = (quantity: unknown = 1, more: object = {}) => ({ name: "A", type: "buy", quantity, ...more });

function postBatch(
  market: LocalMarket,
  orders: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return market.ask("/orders/batch", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ orders }),
  });
}

let ids = 0;
const newId = (): string => `new-${(ids += 1)}`;

function keysOf(orders: unknown[], headerKey?: string): (string | undefined)[] {
  return readBatch({ orders }, headerKey, newId).map((item) => (item.order ? item.key : undefined));
}

test("an item's key is its own, or the header's with its index, or a new one", () => {
  const orders = [buy(), buy(1, { idempotency_key: "own" }), { bad: 1 }, buy()];
  expect(keysOf(orders, "h")).toEqual(["h:0", "own", undefined, "h:3"]);
  const [first, own, , last] = keysOf(orders);
  expect(own).toBe("own");
  expect(first).toMatch(/^new-\d+$/);
  expect(first).not.toBe(last);
});

const noBatches: [string, unknown][] = [
  ["no object", null],
  ["an array", [buy()]],
  ["an object without orders", {}],
  ["orders that are no array", { orders: buy() }],
  ["no order at all", { orders: [] }],
  ["one order too many", { orders: Array.from({ length: limits.batchItems + 1 }, () => buy()) }],
  ["another field", { orders: [buy()], idempotency_key: "k" }],
  ["a prototype", JSON.parse('{"orders":[],"__proto__":{"orders":[{}]}}')],
];

test.each(noBatches)("%s is no batch", (_what, body) => {
  expect(() => readBatch(body, undefined, newId)).toThrow(HttpFailure);
});

test("a header key must leave room for its items' indices", () => {
  expect(keysOf([buy()], "k".repeat(251))).toEqual([`${"k".repeat(251)}:0`]);
  expect(() => readBatch({ orders: [buy()] }, "k".repeat(252), newId)).toThrow(HttpFailure);
});

const wrongItems: [string, unknown][] = [
  ["null", null],
  ["a number", 5],
  ["an array", [buy()]],
  ["an unknown field", buy(1, { note: "x" })],
  ["a __proto__", JSON.parse('{"name":"A","type":"buy","quantity":1,"__proto__":{}}')],
  ["no quantity", { name: "A", type: "buy" }],
  ["a quantity as text", buy("1")],
  ["a quantity of 0", buy(0)],
  ["a key that is null", buy(1, { idempotency_key: null })],
  ["a key that is a number", buy(1, { idempotency_key: 5 })],
  ["an empty key", buy(1, { idempotency_key: "" })],
  ["a key with a space", buy(1, { idempotency_key: "a b" })],
  ["a key of 256 characters", buy(1, { idempotency_key: "k".repeat(256) })],
];

test.each(wrongItems)(
  "an item that is or has %s fails alone, and the message does not quote it",
  (_what, item) => {
    const [before, wrong, after] = readBatch({ orders: [buy(), item, buy()] }, "h", newId);
    expect([before, after]).toEqual([
      expect.objectContaining({ key: "h:0" }),
      expect.objectContaining({ key: "h:2" }),
    ]);
    expect(wrong).toEqual({ wrong: expect.stringMatching(/^[a-z]/) });
  },
);

test("a batch that would not find room is turned away whole, and nothing of it is done", async () => {
  await using market = await openMarket();
  const refused = await postBatch(
    market,
    Array.from({ length: 101 }, () => buy()),
  );
  expect([refused.status, refused.body.error.reason, refused.headers.get("retry-after")]).toEqual([
    503,
    "overloaded",
    "1",
  ]);
  expect(await market.order.ledger.rows()).toEqual([]);
  const taken = await postBatch(
    market,
    Array.from({ length: 100 }, () => buy()),
  );
  expect(taken.body.data.map(({ data }: { data: object }) => data)).toHaveLength(100);
  expect(await market.order.ledger.rows()).toHaveLength(100);
});

test("beside a queue that is nearly full a batch is taken whole or not at all", async () => {
  const gate = Promise.withResolvers<void>();
  let calls = 0;
  await using market = await openMarket({
    spoilOrders: ({ submit }) => ({
      submit: async (...call) => {
        calls += 1;
        await gate.promise;
        return submit(...call);
      },
    }),
  });
  const sells = Array.from({ length: 60 }, () => ({ name: "A", type: "sell", quantity: 1 }));
  const underWay = [postBatch(market, sells)];
  await until(() => calls >= 1);
  underWay.push(postBatch(market, sells));
  await until(() => calls >= 2);
  const waiting = postBatch(market, sells);
  await until(() => market.gateway.size >= 180);
  const tooMany = await postBatch(market, sells);
  gate.resolve();
  const replies = await Promise.all([...underWay, waiting]);
  const statuses = [...replies, tooMany].map((reply) => reply.status);
  expect(statuses).toEqual([200, 200, 200, 503]);
  expect(await market.order.ledger.rows()).toHaveLength(180);
});

test("a key twice in a batch is one order: the same replays, another gets 422, whatever lies between", async () => {
  let submitted = 0;
  await using market = await openMarket({
    spoilOrders: ({ submit }) => ({
      submit: (request, ...rest) => {
        submitted += request.orders.length;
        return submit(request, ...rest);
      },
    }),
  });
  const key = { idempotency_key: "k" };
  const { body } = await postBatch(market, [
    buy(1, key),
    buy(2, key),
    buy(3),
    buy(1, key),
    buy("x", key),
    buy(1, key),
  ]);
  const [first, other, between, same, invalid, again] = body.data;
  expect(first.data.transaction_number).toBe(1);
  expect(other.error.reason).toBe("idempotency_key_reused");
  expect(between.data.transaction_number).toBe(2);
  expect(same).toEqual({ ...first, replayed: true });
  expect(invalid.error.reason).toBe("invalid_request");
  expect(again).toEqual(same);
  expect(submitted).toBe(2);
});

test("a repeated refusal replays as well", async () => {
  await using market = await openMarket();
  const { body } = await postBatch(
    market,
    [buy(101), buy(101)].map((order) => ({ ...order, idempotency_key: "k" })),
  );
  expect(body.data[0]).toMatchObject({ error: { code: 400, reason: "insufficient_quantity" } });
  expect(body.data[1]).toEqual({ ...body.data[0], replayed: true });
});

test("a batch of items with a key of another order: those that are that order replay it, the others get 422", async () => {
  await using market = await openMarket();
  const earlier = await market.post(buy(5), { "idempotency-key": "k" });
  const items = [buy(6), buy(6), buy(5), buy(7), buy(5)].map((order) => ({ ...order, idempotency_key: "k" }));
  const { body } = await postBatch(market, items);
  expect(body.data.map((entry: Reply["body"]) => entry.error?.reason ?? entry.data)).toEqual([
    "idempotency_key_reused",
    "idempotency_key_reused",
    earlier.body.data,
    "idempotency_key_reused",
    earlier.body.data,
  ]);
  expect(body.data[2].replayed).toBe(true);
});

const away: OrderService["submit"] = async () => ({ ok: false, arrived: "no" });
const lost: OrderService["submit"] = async () => ({ ok: false, arrived: "maybe" });

test.each<[string, OrderService["submit"], object]>([
  ["unavailable", away, {}],
  ["outcome_unknown", lost, { idempotency_key: "k" }],
])("however often a key is in a batch, %s comes after one order's patience", async (reason, submit, more) => {
  await using market = await openMarket({ orderTimeoutMs: 200, spoilOrders: () => ({ submit }) });
  const started = performance.now();
  const { status, body } = await postBatch(
    market,
    Array.from({ length: 100 }, (_, index) => buy(1 + (index % 3), { idempotency_key: "k" })),
  );
  expect(performance.now() - started).toBeLessThan(1_500);
  expect(status).toBe(200);
  for (const entry of body.data)
    expect(entry).toEqual({ error: { code: 503, message: expect.any(String), reason }, ...more });
});
