import assert from "node:assert/strict";

import { askOnce, askUntilOutcome } from "../keyed-client.ts";
import { postOrder, type Api, type OrderBody } from "../http-client.ts";
import { until } from "../until.ts";
import { assertFailure, get, isoTime, pages } from "./requests.ts";
import type { ApiCase, ApiSuite } from "./suite.ts";

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

interface World {
  api: Api;
  /** What was placed at first, by number. */
  placed: ReadonlyMap<number, OrderBody>;
}

async function placeOrders(api: Api): Promise<World> {
  const names = ["GameStart", "MenhirCo", "Reneium"];
  const orders = Array.from({ length: orderCount }, (_, index): OrderBody => {
    return {
      name: names[index % 3] ?? "",
      type: index % 5 === 0 ? "buy" : "sell",
      quantity: 1 + (index % 4),
    };
  });
  const placed = new Map<number, OrderBody>();
  for (let from = 0; from < orderCount; from += 125)
    await Promise.all(
      orders.slice(from, from + 125).map(async (order) => {
        const { text } = await askUntilOutcome(api, order, crypto.randomUUID());
        placed.set(JSON.parse(text).data.transaction_number, order);
      }),
    );
  return { api, placed };
}

// Other cases place some more.
const isPlaced = ({ number }: { number: number }): boolean => number <= orderCount;

const filters: { name?: string; type?: string }[] = [
  { name: "MenhirCo" },
  { type: "buy" },
  { name: "Reneium", type: "sell" },
  { name: "BoarCo" },
];

const listsWhatAFilterSelects = (filter: { name?: string; type?: string }): ApiCase<World> => ({
  name: `the orders that ${JSON.stringify(filter)} selects are listed, and no others`,
  async run({ api, placed }) {
    const isSelected = ([, { name, type }]: [number, OrderBody]): boolean =>
      name === (filter.name ?? name) && type === (filter.type ?? type);
    const expected = [...placed].filter(isSelected).map(([number]) => number);
    const { rows } = await pages(api, "/orders", { ...filter, limit: "50" });
    assert.deepEqual(
      rows.filter(isPlaced).map(({ number }) => number),
      expected.toSorted((a, b) => a - b),
    );
  },
});

const missing: (readonly [path: string, message: string, reason: string])[] = [
  ["/stocks/NoSuchCo", "stock not found", "stock_not_found"],
  ["/stocks/boarco", "stock not found", "stock_not_found"],
  ["/orders/999999", "order not found", "order_not_found"],
  ["/orders/9007199254740991", "order not found", "order_not_found"],
];

const isNotFound = ([path, message, reason]: (typeof missing)[number]): ApiCase<World> => ({
  name: `GET ${path} is a 404 that says ${message}`,
  async run({ api }) {
    const { response, body } = await get(api, path);
    assert.equal(response.status, 404);
    assert.deepEqual(body, { error: { code: 404, message, reason } });
  },
});

const refusals: (readonly [order: OrderBody, status: number, reason: string])[] = [
  [{ name: "LutetiaTech", type: "buy", quantity: 101 }, 400, "insufficient_quantity"],
  [{ name: "NoSuchCo", type: "buy", quantity: 1 }, 404, "stock_not_found"],
  [{ name: "LutetiaTech", type: "buy", quantity: 1, expected_price: 11.01 }, 409, "price_changed"],
];

const isRefused = ([order, code, reason]: (typeof refusals)[number]): ApiCase<World> => ({
  name: `the order ${JSON.stringify(order)} is refused with ${code} ${reason}, and takes no number`,
  async run({ api }) {
    const head = async () => (await pages(api, "/orders", { limit: "1000" })).rows.at(-1)?.number;
    const before = await head();
    const { status, text } = await askOnce(api, order, crypto.randomUUID());
    assertFailure({ status, body: JSON.parse(text) }, code, reason);
    assert.equal(await head(), before);
  },
});

/** Lookups, lists and orders of the public API. They hold for a market of any age: the orders come first. */
export const publicApi: ApiSuite<World> = {
  name: "the public API",
  prepare: async (open) => placeOrders(await open()),
  cases: [
    {
      name: "a stock is its name, price, quantity, volume, status and version",
      async run({ api }) {
        const { response, text } = await get(api, "/stocks/DogmatixCo");
        assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
        assert.deepEqual(JSON.parse(text), {
          data: { name: "DogmatixCo", price: 20, quantity: 100, volume: 0, status: "open", version: 1 },
        });
        assert.ok(text.includes('"price":20,'));
      },
    },
    {
      name: "every page size lists the ten stocks of the opening list by name",
      async run({ api }) {
        for (const limit of [1, 3, 5, 10, 11, 1_000]) {
          const { rows } = await pages(api, "/stocks", { limit: String(limit) });
          assert.deepEqual(
            rows.map(({ name, price }) => [name, price]),
            Object.entries(opening),
          );
        }
        assert.equal((await get(api, "/stocks")).body.data.length, 10);
      },
    },
    {
      name: "transaction numbers run 1, 2, 3 … without a gap",
      async run({ placed }) {
        assert.deepEqual(
          [...placed.keys()].toSorted((a, b) => a - b),
          Array.from({ length: orderCount }, (_, index) => index + 1),
        );
      },
    },
    {
      name: "an order is found by its number, as it was placed",
      async run({ api, placed }) {
        const order = placed.get(orderCount) as OrderBody;
        const { at, ...rest } = (await get(api, `/orders/${orderCount}`)).body.data;
        const price = opening[order.name as keyof typeof opening];
        assert.deepEqual(rest, { number: orderCount, ...order, price });
        assert.match(at, isoTime);
      },
    },
    {
      name: "every page size lists every order, oldest first, and by default 100 a page",
      async run({ api, placed }) {
        const expected = [...placed]
          .toSorted(([a], [b]) => a - b)
          .map(([number, order]) => ({ number, ...order }));
        for (const [limit, count] of [
          ["", 13],
          ["999", 2],
          ["1000", 2],
        ] as const) {
          const listed = await pages(api, "/orders", limit === "" ? {} : { limit });
          assert.equal(listed.count, count);
          assert.deepEqual(
            listed.rows
              .filter(isPlaced)
              .map(({ number, name, type, quantity }) => ({ number, name, type, quantity })),
            expected,
          );
        }
      },
    },
    ...filters.map(listsWhatAFilterSelects),
    ...missing.map(isNotFound),
    {
      name: "a path that is not there is a 404 of its own",
      async run({ api }) {
        for (const path of ["/nothing", "/stocks/BoarCo/more", "/orders/1/2"]) {
          const { response, body } = await get(api, path);
          assert.deepEqual([response.status, body.error.reason], [404, "route_not_found"]);
        }
      },
    },
    {
      name: "a method that a path does not take is a 405 that says which it takes",
      async run({ api }) {
        for (const [method, path, allowed] of [
          ["DELETE", "/orders", ["GET", "HEAD", "POST"]],
          ["PUT", "/orders", ["GET", "HEAD", "POST"]],
          ["PATCH", "/stocks/BoarCo", ["GET", "HEAD"]],
          ["DELETE", "/orders/1", ["GET", "HEAD"]],
          ["GET", "/orders/batch", ["POST"]],
        ] as const) {
          const { response, body } = await get(api, path, { method });
          assert.deepEqual([response.status, body.error.reason], [405, "method_not_allowed"]);
          const allow = (response.headers.get("allow") ?? "").split(", ");
          for (const one of allowed) assert.ok(allow.includes(one));
          assert.ok(!allow.includes(method));
        }
      },
    },
    {
      name: "HEAD answers what GET would, without a body",
      async run({ api }) {
        for (const path of ["/stocks/BoarCo", "/stocks", "/orders/1", "/stocks/NoSuchCo", "/healthz"]) {
          const [head, full] = [await get(api, path, { method: "HEAD" }), await get(api, path)];
          assert.equal(head.response.status, full.response.status);
          assert.equal(head.text, "");
          assert.equal(head.response.headers.get("content-type"), full.response.headers.get("content-type"));
        }
      },
    },
    {
      name: "a request with more than 100 headers is refused",
      async run({ api }) {
        const headers = Array.from({ length: 101 }, (_, index): [string, string] => [`x-${index}`, "1"]);
        const { response, body } = await get(api, "/stocks", { headers });
        assertFailure({ status: response.status, body }, 431, "headers_too_large");
      },
    },
    {
      name: "a lookup after an order's answer shows that order, down to the last share",
      async run({ api }) {
        const name = "PiloteCo";
        const stock = async () => {
          const { quantity, volume, version } = (await get(api, `/stocks/${name}`)).body.data;
          return { quantity, volume, version };
        };
        const bought = await postOrder(api, { name, type: "buy", quantity: 60 });
        const { transaction_number: number, at, ...rest } = (await bought.json()).data;
        assert.deepEqual(rest, { name, type: "buy", quantity: 60, price: 17.11 });
        assert.equal(typeof number, "number");
        assert.match(at, isoTime);
        assert.deepEqual(await stock(), { quantity: 40, volume: 60, version: 2 });
        await postOrder(api, { name, type: "buy", quantity: 40 });
        assert.deepEqual(await stock(), { quantity: 0, volume: 100, version: 3 });
        await postOrder(api, { name, type: "sell", quantity: 5 });
        assert.deepEqual(await stock(), { quantity: 5, volume: 105, version: 4 });
      },
    },
    ...refusals.map(isRefused),
    {
      name: "an expected price that holds is taken",
      async run({ api }) {
        const order = { name: "LutetiaTech", type: "buy", quantity: 1, expected_price: 11 } as const;
        assert.equal((await postOrder(api, order)).status, 200);
      },
    },
    {
      name: "an audit finds the books true",
      async run({ api }) {
        const latest = async () => (await get(api, "/audit")).body.data;
        await until(async () => (await latest()).at !== null, 30_000, "an audit has ended");
        const { ok, problem, checks } = await latest();
        assert.deepEqual([ok, problem], [true, null]);
        assert.ok(checks.length > 0);
      },
    },
  ],
};
