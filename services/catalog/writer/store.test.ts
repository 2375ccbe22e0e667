import { expect, test } from "bun:test";
import fc from "fast-check";

import { limits } from "../../contract/limits.ts";
import { orderLike } from "../../contract/order.fixture.ts";
import { genesisOf, tradeChain } from "../../contract/trade.ts";
import { openCatalog, openingA } from "../catalog.fixture.ts";
import type { OpeningStock } from "../opening.ts";

const stockWith = (quantity: number): OpeningStock[] => [{ name: "A", priceCents: 1599, quantity }];

test("a buy never takes the quantity below zero", async () => {
  using catalog = openCatalog({ opening: stockWith(10) });
  const { decisions, trades } = catalog.decide(orderLike({ quantity: 11 }));
  expect(decisions).toEqual([{ kind: "refused", reason: "insufficient_quantity", replayed: false }]);
  expect(trades).toEqual([]);
  expect(await catalog.reads.stock("A")).toMatchObject({ quantity: 10, volume: 0, version: 1 });
});

test("buying the last share works, and the next buy finds nothing", async () => {
  using catalog = openCatalog({ opening: stockWith(3) });
  const { decisions } = catalog.decide(orderLike({ quantity: 2 }), orderLike(), orderLike());
  expect(decisions.map((decision) => decision.kind)).toEqual(["traded", "traded", "refused"]);
  expect((await catalog.reads.stock("A"))?.quantity).toBe(0);
});

test("a buy and a sell both add to the volume, and only the sell to the quantity", async () => {
  using catalog = openCatalog();
  catalog.decide(orderLike({ quantity: 30 }), orderLike({ type: "sell", quantity: 5 }));
  expect(await catalog.reads.stock("A")).toEqual({
    name: "A",
    price_cents: 1599,
    quantity: 75,
    volume: 35,
    status: "open",
    version: 3,
  });
});

test("whatever is ordered, the books balance: opening + sells − buys = quantity ≥ 0", async () => {
  const anyOrder = fc.record({
    type: fc.constantFrom("buy" as const, "sell" as const),
    quantity: fc.integer({ min: 1, max: 60 }),
  });
  const batches = fc.array(fc.array(anyOrder, { maxLength: 6 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(batches, async (asked) => {
      using catalog = openCatalog({ opening: stockWith(50) });
      let quantity = 50;
      for (const batch of asked) {
        const { decisions, trades } = catalog.decide(...batch.map((given) => orderLike(given)));
        expect(decisions.filter((decision) => decision.kind === "traded").length).toBe(trades.length);
        for (const trade of trades) {
          quantity += trade.type === "sell" ? trade.quantity : -trade.quantity;
          expect(trade.quantity_after).toBe(quantity);
          expect(quantity).toBeGreaterThanOrEqual(0);
        }
      }
      expect((await catalog.reads.stock("A"))?.quantity).toBe(quantity);
    }),
    { numRuns: 15 },
  );
});

test("a reply holds the state after it of every stock that traded, and of no other", () => {
  using catalog = openCatalog({ opening: [...openingA, { name: "B", priceCents: 100, quantity: 0 }] });
  const { stocks } = catalog.decide(orderLike(), orderLike(), orderLike({ name: "B" }));
  expect(stocks).toEqual([
    { name: "A", price_cents: 1599, quantity: 98, volume: 2, status: "open", version: 3 },
  ]);
});

test("a refusal is kept and replayed, even when the order would go through by now", () => {
  using catalog = openCatalog({ opening: stockWith(0) });
  const refused = orderLike({ quantity: 5 });
  catalog.decide(refused);
  catalog.decide(orderLike({ type: "sell", quantity: 10 }));
  catalog.reopen();
  expect(catalog.decide(refused).decisions).toEqual([
    { kind: "refused", reason: "insufficient_quantity", replayed: true },
  ]);
  expect(catalog.count("refusals")).toBe(1);
});

test("an order that traded is replayed with its number, and nothing trades again", async () => {
  using catalog = openCatalog();
  const order = orderLike({ quantity: 5 });
  catalog.decide(orderLike());
  catalog.decide(order);
  catalog.reopen();
  const { decisions, trades } = catalog.decide({ ...order, request_id: "another" });
  expect(decisions).toEqual([{ kind: "traded", number: 2, replayed: true }]);
  expect(trades).toEqual([]);
  expect((await catalog.reads.stock("A"))?.quantity).toBe(94);
});

const others = [{ name: "B" }, { type: "sell" as const }, { quantity: 2 }, { expected_price_cents: 1599 }];

test.each(others)("a key used again for another order (%j) is reused, and writes nothing", (other) => {
  using catalog = openCatalog({ opening: [...openingA, { name: "B", priceCents: 1, quantity: 100 }] });
  const traded = orderLike();
  const refused = orderLike({ name: "Nowhere" });
  catalog.decide(traded, refused);
  const before = catalog.everything();
  const { decisions } = catalog.decide({ ...traded, ...other }, { ...refused, name: "A" });
  expect(decisions).toEqual(Array(2).fill({ kind: "failed", reason: "idempotency_key_reused" }));
  expect(catalog.everything()).toEqual(before);
});

test("the same key belongs to each client apart", () => {
  using catalog = openCatalog();
  const order = orderLike();
  const { decisions } = catalog.decide(order, { ...order, client: "other" });
  expect(decisions).toEqual([
    { kind: "traded", number: 1, replayed: false },
    { kind: "traded", number: 2, replayed: false },
  ]);
});

test("the same key twice in one batch trades once; with another order it is reused", () => {
  using catalog = openCatalog();
  const order = orderLike();
  const { decisions, trades } = catalog.decide(order, order, { ...order, quantity: 2 });
  expect(decisions).toEqual([
    { kind: "traded", number: 1, replayed: false },
    { kind: "traded", number: 1, replayed: true },
    { kind: "failed", reason: "idempotency_key_reused" },
  ]);
  expect(trades.length).toBe(1);
});

test("numbers run 1, 2, 3 … without a gap, over refusals, failures and reopening", async () => {
  using catalog = openCatalog();
  for (let round = 0; round < 4; round += 1) {
    catalog.decide(orderLike(), orderLike({ name: "Nowhere" }), orderLike({ quantity: 2e9, type: "sell" }));
    catalog.decide(orderLike(), orderLike());
    catalog.reopen();
  }
  const numbers = (await catalog.reads.trades(0, 1_000)).map((trade) => trade.number);
  expect(numbers).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
});

test("every row's chain follows from the row before it, from the genesis on", async () => {
  using catalog = openCatalog();
  for (let round = 0; round < 5; round += 1) {
    catalog.decide(orderLike(), orderLike({ type: "sell", quantity: round + 1 }));
    if (round === 2) catalog.reopen();
  }
  let chain = genesisOf("m");
  const rows = await catalog.reads.trades(0, 1_000);
  for (const row of rows) {
    expect(row.chain).toBe(tradeChain(chain, row));
    chain = row.chain;
  }
  expect(rows).toEqual(catalog.ledger);
});

const refusedBatches = [
  ["stale_epoch", { epoch: -1 }],
  ["ledger_mismatch", { epoch: 1 }],
  ["ledger_mismatch", { market_id: "another" }],
  ["ledger_mismatch", { incarnation: 2 }],
  ["ledger_mismatch", { incarnation: 2, epoch: -1 }],
  ["ledger_mismatch", { ledger: { number: 1, chain: "00".repeat(32) } }],
  ["ledger_mismatch", { ledger: { number: 0, chain: genesisOf("another") } }],
  ["ledger_ahead", { ledger: { number: 3, chain: "00".repeat(32) } }],
] as const;

test.each(refusedBatches)("%s: a batch with %j is refused with nothing written", (reason, given) => {
  using catalog = openCatalog();
  catalog.decide(orderLike(), orderLike());
  const before = catalog.everything();
  const request = catalog.request([orderLike(), orderLike({ name: "Nowhere" })], given);
  expect(catalog.writer.decide(request, 3_000)).toEqual({ ok: false, arrived: "yes", reason });
  expect(catalog.everything()).toEqual(before);
});

test("a new epoch fences off the order service that held the old one", () => {
  using catalog = openCatalog();
  catalog.decide(orderLike());
  const taken = catalog.writer.acquireEpoch({ market_id: "m", epoch: 0, ledger: catalog.head });
  expect(taken).toEqual({ ok: true, data: { market_id: "m", incarnation: 1, epoch: 1 } });
  expect(() => catalog.decide(orderLike())).toThrow("stale_epoch");
  catalog.epoch = 1;
  expect(catalog.decide(orderLike()).decisions).toEqual([{ kind: "traded", number: 2, replayed: false }]);
});

test("an epoch is granted to a new ledger and to a ledger that lags behind", () => {
  using catalog = openCatalog();
  catalog.decide(orderLike(), orderLike());
  const newLedger = { market_id: null, epoch: 0, ledger: { number: 0, chain: "" } };
  expect(catalog.writer.acquireEpoch(newLedger)).toMatchObject({ ok: true, data: { epoch: 1 } });
  const lagging = { market_id: "m", epoch: 1, ledger: catalog.ledger[0]! };
  expect(catalog.writer.acquireEpoch(lagging)).toMatchObject({ ok: true, data: { epoch: 2 } });
});

test("a copy of a request for the lead that comes late takes it from nobody", () => {
  using catalog = openCatalog();
  const request = { market_id: "m", epoch: 0, ledger: catalog.head };
  expect(catalog.writer.acquireEpoch(request)).toMatchObject({ ok: true, data: { epoch: 1 } });
  expect(catalog.writer.acquireEpoch(request)).toEqual({ ok: false, arrived: "yes", reason: "stale_epoch" });
  catalog.epoch = 1;
  expect(catalog.decide(orderLike()).decisions).toMatchObject([{ kind: "traded", number: 1 }]);
});

const strangers = [
  ["ledger_mismatch", { market_id: "another", ledger: { number: 0, chain: genesisOf("another") } }],
  ["ledger_mismatch", { market_id: null, ledger: { number: 1, chain: "00".repeat(32) } }],
  ["ledger_mismatch", { market_id: "m", ledger: { number: 1, chain: "00".repeat(32) } }],
  ["ledger_ahead", { market_id: "m", ledger: { number: 2, chain: "00".repeat(32) } }],
] as const;

test.each(strangers)("%s: no epoch for the ledger %j", (reason, follower) => {
  using catalog = openCatalog();
  catalog.decide(orderLike());
  const before = catalog.everything();
  expect(catalog.writer.acquireEpoch({ ...follower, epoch: 0 })).toEqual({
    ok: false,
    arrived: "yes",
    reason,
  });
  expect(catalog.everything()).toEqual(before);
});

test("the market opens once: a second opening is not even read", () => {
  using catalog = openCatalog();
  const before = catalog.everything();
  catalog.reopen();
  const opened = catalog.writer.open("another", () => expect.unreachable(), 9_000);
  expect(opened).toBe(0);
  expect(catalog.everything()).toEqual(before);
});

test("each stock's first log row is its opening, chained", () => {
  using catalog = openCatalog({ opening: [...openingA, { name: "B", priceCents: 0, quantity: 0 }] });
  expect(catalog.db.prepare("SELECT number, kind, name, quantity_delta FROM changes").all()).toEqual([
    { number: 1, kind: "opening", name: "A", quantity_delta: 100 },
    { number: 2, kind: "opening", name: "B", quantity_delta: 0 },
  ]);
});

test("an opening that fails leaves the database empty for the next", () => {
  using catalog = openCatalog();
  catalog.db.exec("DELETE FROM meta; DELETE FROM changes; DELETE FROM stocks");
  const tooMuch = [...openingA, { name: "B", priceCents: 1, quantity: limits.total + 1 }];
  expect(() => catalog.writer.open("m", () => tooMuch, 1)).toThrow("constraint");
  expect(catalog.everything()).toEqual([[], [], [], [], []]);
  expect(catalog.writer.open("m", () => openingA, 1)).toBe(1);
});

test("a stock's total reaches 2^50 and does not pass it", async () => {
  using catalog = openCatalog({ opening: stockWith(limits.total - 5) });
  const { decisions } = catalog.decide(
    orderLike({ type: "sell", quantity: 6 }),
    orderLike({ type: "sell", quantity: 5 }),
  );
  expect(decisions).toEqual([
    { kind: "refused", reason: "limit_exceeded", replayed: false },
    { kind: "traded", number: 1, replayed: false },
  ]);
  expect((await catalog.reads.stock("A"))?.quantity).toBe(limits.total);
});

test("an expected price binds: another price is price_changed, the same one trades", () => {
  using catalog = openCatalog();
  const { decisions } = catalog.decide(
    orderLike({ expected_price_cents: 1598 }),
    orderLike({ expected_price_cents: 1599 }),
  );
  expect(decisions).toEqual([
    { kind: "refused", reason: "price_changed", replayed: false },
    { kind: "traded", number: 1, replayed: false },
  ]);
});

test("a halted stock does not trade", () => {
  using catalog = openCatalog();
  catalog.db.exec("UPDATE stocks SET status = 'halted'");
  expect(catalog.decide(orderLike()).decisions).toEqual([
    { kind: "refused", reason: "trading_halted", replayed: false },
  ]);
});
