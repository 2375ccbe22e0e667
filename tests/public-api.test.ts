import { afterAll, beforeAll, expect, test } from "bun:test";

import { askOnce, askUntilOutcome } from "../testing/keyed-client.ts";
import { postOrder, type OrderBody } from "../testing/http-client.ts";
import { serviceNames, startMarket, type Market } from "../testing/market.ts";

const opening = {
  BoarCo: 7.11,
  CaesarTech: 1,
  DogmatixCo: 20,
  GameStart: 15.99,
  Goscinnyium: 22.5,
  LutetiaTech: 11,
  MenhirCo: 20,
  PiloteCo: 17.11,
  Reneium: 14.99,
  RottenFishCo: 2.5,
};
const orderCount = 1_250;
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let market: Market;
/** What the tests placed at first, by number. */
const placed = new Map<number, OrderBody>();

beforeAll(async () => {
  market = await startMarket();
  const names = ["GameStart", "MenhirCo", "Reneium"];
  const orders = Array.from({ length: orderCount }, (_, index): OrderBody => {
    return {
      name: names[index % 3] ?? "",
      type: index % 5 === 0 ? "buy" : "sell",
      quantity: 1 + (index % 4),
    };
  });
  for (let from = 0; from < orderCount; from += 125)
    await Promise.all(
      orders.slice(from, from + 125).map(async (order) => {
        const { text } = await askUntilOutcome(market.url, order, crypto.randomUUID());
        placed.set(JSON.parse(text).data.transaction_number, order);
      }),
    );
}, 60_000);
afterAll(() => market.stop());

// Other tests of this file place some more.
const isPlaced = ({ number }: { number: number }) => number <= orderCount;

async function get(path: string, init: RequestInit = {}) {
  const response = await fetch(market.url + path, init);
  const text = await response.text();
  return { response, text, body: text === "" ? undefined : JSON.parse(text) };
}

interface Row {
  number: number;
  name: string;
  type: string;
  quantity: number;
  price: number;
}

/** Follows `next` to the end; how many pages there were, and their rows (of stocks or of orders). */
async function pages(path: string, query: Record<string, string>): Promise<{ rows: Row[]; count: number }> {
  const rows: Row[] = [];
  let after: string | number | null = null;
  for (let count = 1; ; count += 1) {
    const parameters = new URLSearchParams({ ...query, ...(after !== null && { after: String(after) }) });
    const { response, body } = await get(`${path}?${parameters}`);
    expect(response.status).toBe(200);
    rows.push(...body.data);
    if (body.next === null) return { rows, count };
    expect(body.next).not.toBe(after);
    after = body.next;
  }
}

test("a stock is its name, price, quantity, volume, status and version", async () => {
  const { response, text } = await get("/stocks/DogmatixCo");
  expect(response.headers.get("content-type")).toStartWith("application/json");
  expect(JSON.parse(text)).toEqual({
    data: { name: "DogmatixCo", price: 20, quantity: 100, volume: 0, status: "open", version: 1 },
  });
  expect(text).toContain('"price":20,');
});

test("every page size lists the ten stocks of the opening list by name", async () => {
  for (const limit of [1, 3, 5, 10, 11, 1_000]) {
    const { rows } = await pages("/stocks", { limit: String(limit) });
    expect(rows.map(({ name, price }) => [name, price])).toEqual(Object.entries(opening));
  }
  expect((await get("/stocks")).body.data).toHaveLength(10);
});

test("transaction numbers run 1, 2, 3 … without a gap", () => {
  expect([...placed.keys()].toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: orderCount }, (_, index) => index + 1),
  );
});

test("an order is found by its number, as it was placed", async () => {
  const { body } = await get(`/orders/${orderCount}`);
  const order = placed.get(orderCount) as OrderBody;
  const { name } = order;
  expect(body.data).toEqual({
    number: orderCount,
    ...order,
    price: opening[name as keyof typeof opening],
    at: expect.stringMatching(isoTime),
  });
});

test("every page size lists every order, oldest first, and by default 100 a page", async () => {
  const expected = [...placed].toSorted(([a], [b]) => a - b).map(([number, order]) => ({ number, ...order }));
  for (const [limit, count] of [
    ["", 13],
    ["999", 2],
    ["1000", 2],
  ] as const) {
    const listed = await pages("/orders", limit === "" ? {} : { limit });
    expect(listed.count).toBe(count);
    const rows = listed.rows.filter(isPlaced);
    expect(rows.map(({ number, name, type, quantity }) => ({ number, name, type, quantity }))).toEqual(
      expected,
    );
  }
});

test.each([{ name: "MenhirCo" }, { type: "buy" }, { name: "Reneium", type: "sell" }, { name: "BoarCo" }])(
  "the orders that %j selects are listed, and no others",
  async (filter: { name?: string; type?: string }) => {
    const isSelected = ([, { name, type }]: [number, OrderBody]) =>
      name === (filter.name ?? name) && type === (filter.type ?? type);
    const expected = [...placed].filter(isSelected).map(([number]) => number);
    const { rows } = await pages("/orders", { ...filter, limit: "50" });
    expect(rows.filter(isPlaced).map(({ number }) => number)).toEqual(expected.toSorted((a, b) => a - b));
  },
);

test.each([
  ["/stocks/NoSuchCo", "stock not found", "stock_not_found"],
  ["/stocks/boarco", "stock not found", "stock_not_found"],
  ["/orders/999999", "order not found", "order_not_found"],
  ["/orders/9007199254740991", "order not found", "order_not_found"],
])("GET %s is a 404 that says %s", async (path, message, reason) => {
  const { response, body } = await get(path);
  expect(response.status).toBe(404);
  expect(body).toEqual({ error: { code: 404, message, reason } });
});

test("a path that is not there is a 404 of its own", async () => {
  for (const path of ["/nothing", "/stocks/BoarCo/more", "/orders/1/2"]) {
    const { response, body } = await get(path);
    expect([response.status, body.error.reason]).toEqual([404, "route_not_found"]);
  }
});

test("a method that a path does not take is a 405 that says which it takes", async () => {
  for (const [method, path, allowed] of [
    ["DELETE", "/orders", ["GET", "HEAD", "POST"]],
    ["PUT", "/orders", ["GET", "HEAD", "POST"]],
    ["PATCH", "/stocks/BoarCo", ["GET", "HEAD"]],
    ["DELETE", "/orders/1", ["GET", "HEAD"]],
    ["GET", "/orders/batch", ["POST"]],
  ] as const) {
    const { response, body } = await get(path, { method });
    expect([response.status, body.error.reason]).toEqual([405, "method_not_allowed"]);
    const allow = (response.headers.get("allow") ?? "").split(", ");
    for (const one of allowed) expect(allow).toContain(one);
    expect(allow).not.toContain(method);
  }
});

test("HEAD answers what GET would, without a body", async () => {
  for (const path of ["/stocks/BoarCo", "/stocks", "/orders/1", "/stocks/NoSuchCo", "/healthz"]) {
    const [head, full] = [await get(path, { method: "HEAD" }), await get(path)];
    expect(head.response.status).toBe(full.response.status);
    expect(head.text).toBe("");
    expect(head.response.headers.get("content-type")).toBe(full.response.headers.get("content-type"));
  }
});

test("a lookup after an order's answer shows that order, down to the last share", async () => {
  const stock = async () => (await get("/stocks/PiloteCo")).body.data;
  const bought = await postOrder(market.url, { name: "PiloteCo", type: "buy", quantity: 60 });
  expect((await bought.json()).data).toEqual({
    transaction_number: expect.any(Number),
    name: "PiloteCo",
    type: "buy",
    quantity: 60,
    price: 17.11,
    at: expect.stringMatching(isoTime),
  });
  expect(await stock()).toMatchObject({ quantity: 40, volume: 60, version: 2 });
  await postOrder(market.url, { name: "PiloteCo", type: "buy", quantity: 40 });
  expect(await stock()).toMatchObject({ quantity: 0, volume: 100, version: 3 });
  await postOrder(market.url, { name: "PiloteCo", type: "sell", quantity: 5 });
  expect(await stock()).toMatchObject({ quantity: 5, volume: 105, version: 4 });
});

test.each<[OrderBody, number, string]>([
  [{ name: "LutetiaTech", type: "buy", quantity: 101 }, 400, "insufficient_quantity"],
  [{ name: "NoSuchCo", type: "buy", quantity: 1 }, 404, "stock_not_found"],
  [{ name: "LutetiaTech", type: "buy", quantity: 1, expected_price: 11.01 }, 409, "price_changed"],
])("the order %j is refused with %d %s, and takes no number", async (order, status, reason) => {
  const head = async () => (await pages("/orders", { limit: "1000" })).rows.at(-1)?.number;
  const before = await head();
  const { text, ...refused } = await askOnce(market.url, order, crypto.randomUUID());
  expect(refused.status).toBe(status);
  expect(JSON.parse(text)).toEqual({ error: { code: status, message: expect.any(String), reason } });
  expect(await head()).toBe(before);
});

test("an expected price that holds is taken", async () => {
  const order = { name: "LutetiaTech", type: "buy", quantity: 1, expected_price: 11 } as const;
  expect((await postOrder(market.url, order)).status).toBe(200);
});

test("after all three have ended and started again, numbers go on without a gap and nothing is lost", async () => {
  const before = await pages("/orders", { limit: "1000" });
  for (const name of serviceNames.toReversed()) await market.end(name, "SIGTERM");
  for (const name of serviceNames) await market.start(name);
  await market.ready();
  expect((await pages("/orders", { limit: "1000" })).rows).toEqual(before.rows);
  const response = await postOrder(market.url, { name: "BoarCo", type: "buy", quantity: 1 });
  expect((await response.json()).data.transaction_number).toBe(before.rows.length + 1);
}, 40_000);
