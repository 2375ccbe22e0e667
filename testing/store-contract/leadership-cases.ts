// Cases over CatalogWrites: epochs, and the ledger that a request names.
import assert from "node:assert/strict";

import type { Reason } from "../../services/contract/errors.ts";
import type { EpochRequest } from "../../services/contract/market.ts";
import type { BatchRequest } from "../../services/contract/order.ts";
import { orderLike } from "../../services/contract/order.fixture.ts";
import { genesisOf } from "../../services/contract/trade.ts";
import type { StoreCase } from "./harness.ts";
import { catalogCase, type PlayedMarket } from "./played-market.ts";

const noChain = "00".repeat(32);
const rejected = (reason: Reason) => ({ ok: false, arrived: "yes", reason });

async function acquireEpoch(market: PlayedMarket, given: Partial<EpochRequest> = {}) {
  return market.catalog.writes.acquireEpoch({
    market_id: "m",
    epoch: market.epoch,
    ledger: market.head,
    ...given,
  });
}

const rejectedBatches: readonly [Reason, Partial<BatchRequest>][] = [
  ["stale_epoch", { epoch: -1 }],
  ["ledger_mismatch", { epoch: 1 }],
  ["ledger_mismatch", { market_id: "another" }],
  ["ledger_mismatch", { incarnation: 2 }],
  ["ledger_mismatch", { incarnation: 2, epoch: -1 }],
  ["ledger_mismatch", { ledger: { number: 1, chain: noChain } }],
  ["ledger_mismatch", { ledger: { number: 0, chain: genesisOf("another") } }],
  ["ledger_ahead", { ledger: { number: 3, chain: noChain } }],
];

const rejectedEpochs: readonly [Reason, Partial<EpochRequest>][] = [
  ["ledger_mismatch", { market_id: "another", ledger: { number: 0, chain: genesisOf("another") } }],
  ["ledger_mismatch", { market_id: null, ledger: { number: 1, chain: noChain } }],
  ["ledger_mismatch", { ledger: { number: 1, chain: noChain } }],
  ["ledger_ahead", { ledger: { number: 3, chain: noChain } }],
  ["stale_epoch", { epoch: 1 }],
];

export const leadershipCases: readonly StoreCase[] = [
  catalogCase("an epoch replaces the one before it, whose orders are then refused", async (market) => {
    await market.decide(orderLike());
    const data = { market_id: "m", incarnation: 1, epoch: 1 };
    assert.deepEqual(await acquireEpoch(market), { ok: true, data });
    const before = await market.everything();
    const late = await market.catalog.writes.decide(market.request([orderLike()]));
    assert.deepEqual(late, rejected("stale_epoch"));
    assert.deepEqual(await market.everything(), before);
    market.epoch = 1;
    await market.catalog.reopen?.();
    await market.decide(orderLike());
    assert.equal(market.head.number, 2);
  }),

  catalogCase("a late copy of a request for an epoch is refused", async (market) => {
    await acquireEpoch(market);
    assert.deepEqual(await acquireEpoch(market), rejected("stale_epoch"));
    market.epoch = 1;
    await market.decide(orderLike());
  }),

  catalogCase(
    "an epoch is granted to a new ledger, and to one that is a prefix of the log",
    async (market) => {
      await market.decide(orderLike(), orderLike());
      const newLedger = { market_id: null, ledger: { number: 0, chain: "" } };
      assert.equal((await acquireEpoch(market, newLedger)).ok, true);
      const [first] = market.ledger;
      assert.ok(first);
      const prefix = { epoch: 1, ledger: { number: 1, chain: first.chain } };
      assert.equal((await acquireEpoch(market, prefix)).ok, true);
    },
  ),

  catalogCase("a batch of a ledger that is a prefix of the log is decided", async (market) => {
    await market.decide(orderLike(), orderLike());
    const [first] = market.ledger;
    assert.ok(first);
    const ledger = { number: 1, chain: first.chain };
    const reply = await market.catalog.writes.decide(market.request([orderLike()], { ledger }));
    assert.equal(reply.ok && reply.data.decisions[0]?.kind, "compact");
  }),

  ...rejectedBatches.map(([reason, given]) =>
    catalogCase(`${reason}: no batch with ${JSON.stringify(given)}`, async (market) => {
      await market.decide(orderLike(), orderLike());
      const before = await market.everything();
      const request = market.request([orderLike(), orderLike({ name: "Nowhere" })], given);
      assert.deepEqual(await market.catalog.writes.decide(request), rejected(reason));
      assert.deepEqual(await market.everything(), before);
    }),
  ),

  ...rejectedEpochs.map(([reason, given]) =>
    catalogCase(`${reason}: no epoch for ${JSON.stringify(given)}`, async (market) => {
      await market.decide(orderLike(), orderLike());
      const before = await market.everything();
      assert.deepEqual(await acquireEpoch(market, given), rejected(reason));
      assert.deepEqual(await market.everything(), before);
    }),
  ),
];
