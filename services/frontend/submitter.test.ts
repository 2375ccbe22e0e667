import type { Reply } from "../contract/reply.ts";
import { expect, test } from "bun:test";

import type { OrderOutcome, SubmitRequest } from "../contract/order.ts";
import { orderLike } from "../contract/order.fixture.ts";
import type {} from "../runtime/http/peer.ts";
import { openMarket } from "./market.fixture.ts";
import type { Peers } from "./peers.ts";
import { Submitter } from "./submitter.ts";

const lost = { ok: false, arrived: "maybe" } as const;
const settings = {
  batchMax: 100,
  maxQueued: 100,
  maxWaitMs: 1_000,
  orderTimeoutMs: 2_000,
  onReply: () => {},
};

test("orders that arrive together go in one call, each answered with its own outcome", async () => {
  let calls = 0;
  await using market = await openMarket({
    spoil: (peers) => ({
      submit(...call) {
        calls += 1;
        return peers.submit(...call);
      },
    }),
  });
  const orders = [1, 2, 3].map((quantity) => orderLike({ quantity }));
  const outcomes = await Promise.all(orders.map((order) => market.submitter.submit(order)));
  expect(outcomes).toMatchObject([1, 2, 3].map((number) => ({ kind: "traded", fill: { number } })));
  const ledger = await market.catalog.reads.trades(0, 10);
  expect(ledger.map(({ quantity }) => quantity)).toEqual([1, 2, 3]);
  expect(calls).toBe(1);
});

test("a call that got no reply is sent again with the same request ids, and trades once", async () => {
  const sent: SubmitRequest[] = [];
  await using market = await openMarket({
    spoil: (peers) => ({
      async submit(request, ...rest) {
        sent.push(request);
        const reply = await peers.submit(request, ...rest);
        return sent.length < 3 ? lost : reply;
      },
    }),
  });
  const order = orderLike({ quantity: 4 });
  expect(await market.submitter.submit(order)).toMatchObject({ kind: "traded", fill: { number: 1 } });
  expect(sent.map(({ orders }) => orders[0]?.request_id)).toEqual(Array(3).fill(order.request_id));
  expect(market.catalog.count("trades")).toBe(1);
});

test("the order service gets what is left of the client's patience, a little less with each copy", async () => {
  const timeouts: number[] = [];
  const peers: Pick<Peers, "submit"> = {
    async submit({ orders }) {
      timeouts.push(orders[0]!.timeout_ms);
      return lost;
    },
  };
  await new Submitter(peers, { ...settings, orderTimeoutMs: 150 }).submit(orderLike());
  expect(timeouts.length).toBeGreaterThan(1);
  expect(timeouts[0]).toBeLessThanOrEqual(150);
  expect(timeouts).toEqual(timeouts.toSorted((left, right) => right - left));
});

// An order service that was killed had it decided perhaps; the one that came after it knows of nothing.
type Answer = Reply<{ outcomes: OrderOutcome[]; stocks: [] }>;
const answering = (outcome: OrderOutcome): Answer => ({
  ok: true,
  data: { outcomes: [outcome], stocks: [] },
});
const refusal: OrderOutcome = { kind: "refused", reason: "price_changed", replayed: false };

const afterALostReply: [answer: Answer, reason: string][] = [
  [answering({ kind: "failed", reason: "overloaded" }), "outcome_unknown"],
  [answering({ kind: "failed", reason: "unavailable" }), "outcome_unknown"],
  [answering({ kind: "failed", reason: "storage_full" }), "outcome_unknown"],
  [{ ok: false, arrived: "yes", reason: "unavailable" }, "outcome_unknown"],
  [answering({ kind: "failed", reason: "idempotency_key_reused" }), "idempotency_key_reused"],
  [answering(refusal), "price_changed"],
];

test.each(afterALostReply)("after a lost reply, %j is %s", async (answer, reason) => {
  let calls = 0;
  const submit = async () => (++calls === 1 ? lost : answer);
  expect(await new Submitter({ submit }, settings).submit(orderLike())).toMatchObject({ reason });
});

test("without a lost reply, nothing was done means that", async () => {
  let calls = 0;
  const away = { ok: false, arrived: "no" } as const;
  const submit = async () => (++calls === 1 ? away : answering({ kind: "failed", reason: "overloaded" }));
  expect(await new Submitter({ submit }, settings).submit(orderLike())).toEqual({
    kind: "failed",
    reason: "overloaded",
  });
});
