// Cases over CatalogWrites: what becomes of orders.
import assert from "node:assert/strict";

import { limits } from "../../services/contract/limits.ts";
import { orderLike } from "../../services/contract/order.fixture.ts";
import type { StoreCase } from "./harness.ts";
import { catalogCase, kindsOf, openingA } from "./played-market.ts";

const openingAB = [...openingA, { name: "B", priceCents: 1, quantity: 100 }];
const nearLimit = [{ name: "A", priceCents: 1, quantity: limits.total - 5 }];

export const decisionCases: readonly StoreCase[] = [
  catalogCase("a buy and a sell change quantity, volume and version", async (market) => {
    const reply = await market.decide(orderLike({ quantity: 30 }), orderLike({ type: "sell", quantity: 5 }));
    assert.deepEqual(reply.decisions, [
      { kind: "compact", number: 1, price_cents: 1599, quantity_after: 70, stock_version: 2 },
      { kind: "compact", number: 2, price_cents: 1599, quantity_after: 75, stock_version: 3 },
    ]);
    const after = { name: "A", price_cents: 1599, quantity: 75, volume: 35, status: "open", version: 3 };
    assert.deepEqual(reply.stocks, [after]);
    assert.deepEqual({ ...(await market.reads.stock("A")) }, after);
  }),

  catalogCase("every refusal has its reason, and changes no stock", async (market) => {
    const before = await market.everything();
    const reply = await market.decide(
      orderLike({ name: "Nowhere" }),
      orderLike({ quantity: 101 }),
      orderLike({ expected_price_cents: 1598 }),
    );
    assert.deepEqual(kindsOf(reply), ["stock_not_found", "insufficient_quantity", "price_changed"]);
    assert.deepEqual(reply.stocks, []);
    assert.deepEqual(await market.everything(), before);
  }),

  catalogCase("the last share is sold, and the next buy is refused", async (market) => {
    const reply = await market.decide(orderLike({ quantity: 99 }), orderLike(), orderLike());
    assert.deepEqual(kindsOf(reply), ["compact", "compact", "insufficient_quantity"]);
    assert.equal((await market.reads.stock("A"))?.quantity, 0);
  }),

  catalogCase(
    "a quantity reaches 2^50 and does not pass it",
    async (market) => {
      const sell = (quantity: number) => orderLike({ type: "sell", quantity });
      assert.deepEqual(kindsOf(await market.decide(sell(6), sell(5))), ["limit_exceeded", "compact"]);
      assert.equal((await market.reads.stock("A"))?.quantity, limits.total);
    },
    nearLimit,
  ),

  catalogCase("a repeated order gets its first outcome, in the same batch and later", async (market) => {
    const [order, refused] = [orderLike({ quantity: 60 }), orderLike({ quantity: 1_000 })];
    const first = await market.decide(order, order, refused, refused);
    assert.deepEqual(first.decisions.slice(1), [
      { kind: "traded", number: 1, replayed: true },
      { kind: "refused", reason: "insufficient_quantity", replayed: false },
      { kind: "refused", reason: "insufficient_quantity", replayed: true },
    ]);
    // By now the refused order would go through, and the one that traded would not.
    await market.decide(orderLike({ type: "sell", quantity: 5_000 }), orderLike({ quantity: 5_040 }));
    await market.catalog.reopen?.();
    const before = await market.everything();
    const again = await market.decide({ ...order, request_id: "another" }, refused);
    assert.deepEqual(again.decisions, [
      { kind: "traded", number: 1, replayed: true },
      { kind: "refused", reason: "insufficient_quantity", replayed: true },
    ]);
    assert.deepEqual(await market.everything(), before);
  }),

  catalogCase(
    "a key used again for another order fails, and writes nothing",
    async (market) => {
      const [traded, refused] = [orderLike(), orderLike({ name: "Nowhere" })];
      await market.decide(traded, refused);
      const before = await market.everything();
      const others = [
        { name: "B" },
        { type: "sell" as const },
        { quantity: 2 },
        { expected_price_cents: 1599 },
      ];
      const reply = await market.decide(...others.map((other) => ({ ...traded, ...other })), {
        ...refused,
        name: "A",
      });
      const reused = others.concat(others.slice(0, 1)).map(() => "idempotency_key_reused");
      assert.deepEqual(kindsOf(reply), reused);
      assert.deepEqual(await market.everything(), before);
      // A refused order that is repeated as it was is still refused: nothing replaced it.
      assert.deepEqual(kindsOf(await market.decide(refused)), ["stock_not_found"]);
    },
    openingAB,
  ),

  catalogCase("each client has its own keys", async (market) => {
    const order = orderLike();
    const reply = await market.decide(order, { ...order, client: "other" });
    assert.deepEqual(kindsOf(reply), ["compact", "compact"]);
  }),

  catalogCase("numbers have no gap and chains continue, over refusals and reopening", async (market) => {
    for (let round = 0; round < 3; round += 1) {
      await market.decide(orderLike(), orderLike({ name: "Nowhere" }), orderLike({ type: "sell" }));
      await market.decide(orderLike());
      await market.catalog.reopen?.();
    }
    const rows = await market.reads.trades(0, 1_000);
    assert.deepEqual(
      rows.map(({ number }) => number),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    // PlayedMarket makes its rows from the orders and the replies, each chained to the one before it.
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      market.ledger,
    );
    assert.deepEqual((await market.reads.heads()).trades, market.head);
  }),

  catalogCase("a request that is no batch is invalid, and writes nothing", async (market) => {
    const before = await market.everything();
    const request = market.request([orderLike(), orderLike({ quantity: 0 })]);
    const reply = await market.catalog.writes.decide(request);
    assert.deepEqual(reply, { ok: false, arrived: "yes", reason: "invalid_request" });
    assert.deepEqual(await market.everything(), before);
  }),

  catalogCase("a full disk fails new orders, replays known ones, and recovers by itself", async (market) => {
    const { catalog } = market;
    if (!catalog.setDiskFull) return;
    const [traded, refused] = [orderLike(), orderLike({ quantity: 1_000 })];
    await market.decide(traded, refused);
    const before = await market.everything();
    catalog.setDiskFull(true);
    const fresh = Array.from({ length: 300 }, () => orderLike({ type: "sell" }));
    const full = await market.decide(traded, ...fresh, refused);
    assert.deepEqual(full.decisions.at(0), { kind: "traded", number: 1, replayed: true });
    assert.deepEqual(
      kindsOf(full).slice(1, -1),
      fresh.map(() => "storage_full"),
    );
    assert.deepEqual(kindsOf(full).at(-1), "insufficient_quantity");
    assert.deepEqual(await market.everything(), before);
    catalog.setDiskFull(false);
    assert.deepEqual(
      kindsOf(await market.decide(...fresh)),
      fresh.map(() => "compact"),
    );
  }),
];
