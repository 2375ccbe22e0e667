import assert from "node:assert/strict";

import fc from "fast-check";

import { ask, type Api } from "../http-client.ts";
import { assertFailure, get } from "./requests.ts";
import type { ApiCase, ApiSuite } from "./suite.ts";

/** Two markets with the same opening: what one is asked in batches, the other is asked one order at a time. */
interface World {
  batched: Api;
  single: Api;
}

const opening = [
  { name: "A", priceCents: 1599, quantity: 40 },
  { name: "B", priceCents: 250, quantity: 3 },
  { name: "C", priceCents: 700, quantity: 1_000_000 },
];

/** The answer to an order: its status, its body, and whether it was a replay. */
interface Got {
  status: number;
  body: unknown;
  replayed: boolean;
}

const Valid = fc.record(
  {
    name: fc.constantFrom("A", "A", "B", "C", "NoSuchCo"),
    type: fc.constantFrom("buy", "buy", "sell"),
    quantity: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(1_000_000_000)),
    expected_price: fc.constantFrom(15.99, 2.5, 7, 16),
  },
  { requiredKeys: ["name", "type", "quantity"] },
);
const wrongValues = [
  null,
  0,
  -1,
  1.5,
  "5",
  true,
  [1],
  {},
  1e21,
  2 ** 53,
  "",
  "A B",
  "Ä",
  "a".repeat(33),
  1.999,
];
const Wrong = fc.oneof(
  fc.constantFrom<unknown[]>(null, 5, "buy", [], [[]], {}, true),
  fc
    .tuple(
      Valid,
      fc.constantFrom("name", "type", "quantity", "expected_price", "price"),
      fc.constantFrom(...wrongValues),
    )
    .map(([order, field, value]) => ({ ...order, [field]: value }))
    // 0 is a price, if an unlikely one.
    .filter((order) => (order.expected_price as unknown) !== 0),
);
const Order = fc.oneof({ weight: 5, arbitrary: Valid }, { weight: 1, arbitrary: Wrong });
/**
 * An item: an order, and perhaps a key: of few (so that they repeat), of an order from before, or like the header's.
 */
const Item = fc.record({
  order: Order,
  key: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 3, arbitrary: fc.constantFrom("own-0", "own-1", "own-2", "~!\"#$%&'()*+,-./:;<=>?@[]^_`{|}") },
    { weight: 2, arbitrary: fc.constantFrom("earlier-0", "earlier-1", "earlier-2") },
    { weight: 1, arbitrary: fc.constantFrom("header:0", "header:3", "header:17") },
  ),
});
type Item = typeof Item extends fc.Arbitrary<infer T> ? T : never;

let scopes = 0;

/** Asks both markets; keys are new to both, and the orders from before were placed one at a time in both. */
async function compare(
  { batched, single }: World,
  items: readonly Item[],
  earlier: readonly object[],
): Promise<void> {
  const scope = `${(scopes += 1)}-`;
  for (const [index, order] of earlier.entries())
    for (const api of [batched, single]) await postOne(api, order, `${scope}earlier-${index}`);
  const orders = items.map(({ order, key }) => withKey(order, key === undefined ? undefined : scope + key));
  const keys = items.map(({ order, key }, index) =>
    key !== undefined && isObject(order) ? scope + key : `${scope}header:${index}`,
  );

  const expected: Got[] = [];
  for (const [index, { order }] of items.entries())
    expected.push(await postOne(single, order, keys[index] ?? ""));
  assert.deepEqual(await postMany(batched, orders, `${scope}header`), expected);

  // Once more, all of it: each outcome is the first one, and replayed; each failure is the same failure.
  const isOutcome = ({ status, body }: Got): boolean =>
    status !== 422 && !JSON.stringify(body).includes("in_flight");
  const again = await postMany(batched, orders, `${scope}header`);
  assert.deepEqual(
    again,
    expected.map((got) => ({ ...got, replayed: isOutcome(got) })),
  );
}

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function withKey(order: unknown, key: string | undefined): unknown {
  return key !== undefined && isObject(order) ? { ...(order as object), idempotency_key: key } : order;
}

async function postOne(api: Api, order: unknown, key: string): Promise<Got> {
  const response = await ask(api, "/orders", { "idempotency-key": key }, JSON.stringify(order));
  const replayed = response.headers.get("idempotency-replayed") === "true";
  return { status: response.status, body: timeless(await response.json()), replayed };
}

async function postMany(api: Api, orders: unknown[], key: string): Promise<Got[]> {
  const response = await ask(api, "/orders/batch", { "idempotency-key": key }, { orders });
  const { data } = (await response.json()) as {
    data: (Record<string, unknown> & { error?: { code: number } })[];
  };
  return data.map(({ replayed = false, ...body }) => ({
    status: body.error?.code ?? 200,
    body: timeless(body),
    replayed: replayed === true,
  }));
}

/** A body without the one thing in which two markets may differ: the time. */
function timeless(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body), (key, value) => (key === "at" ? "at" : value));
}

const one = '{"name":"A","type":"sell","quantity":1}';
const batchOf = (count: number): string => `{"orders":[${Array.from({ length: count }, () => one).join()}]}`;

const refused: (readonly [
  what: string,
  body: string,
  headers: Record<string, string>,
  status: number,
  reason: string,
])[] = [
  ["no orders", batchOf(0), {}, 422, "invalid_request"],
  ["1,001 orders", batchOf(1_001), {}, 422, "invalid_request"],
  ["half of a batch", batchOf(2).slice(0, -2), {}, 422, "invalid_request"],
  ["a field twice in an item", `{"orders":[${one},{"name":"A",${one.slice(1)}]}`, {}, 422, "invalid_request"],
  ["a key that is none", batchOf(2), { "idempotency-key": "a b" }, 422, "invalid_request"],
  [
    "a key without room for an index",
    batchOf(2),
    { "idempotency-key": "k".repeat(252) },
    422,
    "invalid_request",
  ],
  ["another content type", batchOf(2), { "content-type": "text/plain" }, 415, "unsupported_media_type"],
  ["more than a mebibyte", batchOf(2) + " ".repeat(2 ** 20), {}, 413, "payload_too_large"],
];

const isRefused = ([what, sent, headers, code, reason]: (typeof refused)[number]): ApiCase<World> => ({
  name: `a batch with ${what} is refused whole, and nothing is done`,
  async run({ batched }) {
    const before = (await get(batched, "/stocks/A")).text;
    const response = await ask(batched, "/orders/batch", headers, sent);
    assertFailure({ status: response.status, body: await response.json() }, code, reason);
    assert.equal((await get(batched, "/stocks/A")).text, before);
  },
});

export const batches: ApiSuite<World> = {
  name: "batches of orders",
  async prepare(open) {
    const [batched, single] = await Promise.all([open({ opening }), open({ opening })]);
    return { batched, single };
  },
  cases: [
    {
      name: "each item of a batch gets what it would have got alone, in order; sent again, every outcome replays",
      async run(world) {
        const Batch = fc.array(Item, { minLength: 1, maxLength: 40, size: "max" });
        await fc.assert(
          fc.asyncProperty(Batch, fc.array(Valid, { minLength: 3, maxLength: 3 }), (items, earlier) =>
            compare(world, items, earlier),
          ),
          // Both markets keep their state between runs, so a smaller example would not be the same case.
          { numRuns: 30, endOnFailure: true },
        );
      },
    },
    {
      name: "so does each item of a batch of a thousand",
      async run(world) {
        const [items = []] = fc.sample(fc.array(Item, { minLength: 1_000, maxLength: 1_000 }), 1);
        await compare(world, items, fc.sample(Valid, 3));
        const [ours, theirs] = await Promise.all([
          get(world.batched, "/stocks"),
          get(world.single, "/stocks"),
        ]);
        assert.deepEqual(ours.body, theirs.body);
      },
    },
    ...refused.map(isRefused),
  ],
};
