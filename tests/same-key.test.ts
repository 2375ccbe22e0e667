import { afterAll, beforeAll, expect, test } from "bun:test";

import { readBooks } from "../testing/auditor.ts";
import { postOrder, type OrderBody } from "../testing/http-client.ts";
import { startMarket, type Market } from "../testing/market.ts";

let market: Market;
beforeAll(async () => {
  market = await startMarket();
}, 30_000);
afterAll(() => market.stop());

const copies = 100;

test.each<[string, OrderBody, number]>([
  ["trades once", { name: "GameStart", type: "buy", quantity: 7 }, 200],
  ["is refused once", { name: "GameStart", type: "buy", quantity: 1_000 }, 400],
  ["is not found once", { name: "NoSuchCo", type: "sell", quantity: 1 }, 404],
])(
  `an order sent ${copies} times at once with one key %s, and all hear the same`,
  async (_, order, status) => {
    const key = crypto.randomUUID();
    const before = readBooks(market.dataDir);
    const replies = await Promise.all(
      Array.from({ length: copies }, async () => {
        const response = await postOrder(market.url, order, key);
        return { response, text: await response.text() };
      }),
    );

    const outcomes = replies.filter(({ response }) => response.status === status);
    const others = replies.filter(({ response }) => response.status !== status);
    expect(outcomes.length).toBeGreaterThan(0);
    for (const { response, text } of others) {
      expect(response.status).toBe(409);
      expect(JSON.parse(text).error.reason).toBe("order_in_flight");
    }
    const [{ text }] = outcomes as [(typeof outcomes)[number]];
    expect(outcomes.map((outcome) => outcome.text)).toEqual(outcomes.map(() => text));
    const firsts = outcomes.filter(({ response }) => !response.headers.has("idempotency-replayed"));
    expect(firsts).toHaveLength(1);

    const repeat = await postOrder(market.url, order, key);
    expect(repeat.status).toBe(status);
    expect(repeat.headers.get("idempotency-replayed")).toBe("true");
    expect(await repeat.text()).toBe(text);

    const after = readBooks(market.dataDir);
    const written = status === 200 ? { trades: 1, refusals: 0 } : { trades: 0, refusals: 1 };
    expect({
      trades: after.trades.length - before.trades.length,
      refusals: after.refusals.length - before.refusals.length,
    }).toEqual(written);
    expect(after.ledger).toEqual(after.trades);
  },
  20_000,
);

test("a key that came with one order is refused with every other, and the first outcome stays", async () => {
  const key = crypto.randomUUID();
  const order: OrderBody = { name: "BoarCo", type: "buy", quantity: 1 };
  const first = await (await postOrder(market.url, order, key)).text();
  for (const change of [
    { name: "MenhirCo" },
    { type: "sell" as const },
    { quantity: 2 },
    { expected_price: 7.11 },
  ]) {
    const reused = await postOrder(market.url, { ...order, ...change }, key);
    expect(reused.status).toBe(422);
    expect((await reused.json()).error.reason).toBe("idempotency_key_reused");
  }
  expect(await (await postOrder(market.url, order, key)).text()).toBe(first);
});
