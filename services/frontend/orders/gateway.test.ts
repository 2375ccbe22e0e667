import { expect, test } from "bun:test";

import type { OrderService } from "../../contract/order-service.ts";
import { orderLike } from "../../contract/order.fixture.ts";
import type { OrderOutcome, SubmitRequest } from "../../contract/order.ts";
import type { Reply } from "../../contract/reply.ts";
import { systemContext } from "../../runtime/context.ts";
import { keptLog } from "../../../testing/kept-log.ts";
import { openMarket } from "../market.fixture.ts";
import { OrderGateway } from "./gateway.ts";

const lost = { ok: false, arrived: "maybe" } as const;
const settings = { batchMax: 100, maxQueued: 100, maxWaitMs: 1_000, orderTimeoutMs: 2_000 };

/** A gateway to an order service that has only `submit`. */
function gatewayTo(submit: OrderService["submit"], options = settings): OrderGateway {
  const context = systemContext(keptLog().log);
  return new OrderGateway({ orders: { submit }, cache: { applyOwnTrades() {} }, context }, options);
}

test("orders that arrive together go in one call, each answered with its own outcome", async () => {
  let calls = 0;
  await using market = await openMarket({
    spoilOrders: (orders) => ({
      submit(...call) {
        calls += 1;
        return orders.submit(...call);
      },
    }),
  });
  const placed = [1, 2, 3].map((quantity) => orderLike({ quantity }));
  const outcomes = await Promise.all(placed.map((order) => market.gateway.submit(order)));
  expect(outcomes).toMatchObject([1, 2, 3].map((number) => ({ kind: "traded", fill: { number } })));
  const ledger = await market.catalog.reads.trades(0, 10);
  expect(ledger.map(({ quantity }) => quantity)).toEqual([1, 2, 3]);
  expect(calls).toBe(1);
});

test("a call that got no reply is sent again with the same request ids, and trades once", async () => {
  const sent: SubmitRequest[] = [];
  await using market = await openMarket({
    spoilOrders: (orders) => ({
      async submit(request, ...rest) {
        sent.push(request);
        const reply = await orders.submit(request, ...rest);
        return sent.length < 3 ? lost : reply;
      },
    }),
  });
  const order = orderLike({ quantity: 4 });
  expect(await market.gateway.submit(order)).toMatchObject({ kind: "traded", fill: { number: 1 } });
  expect(sent.map(({ orders }) => orders[0]?.request_id)).toEqual(Array(3).fill(order.request_id));
  expect(market.catalog.count("trades")).toBe(1);
});

test("the order service gets the time that is left of the order's timeout, a little less with each copy", async () => {
  const timeouts: number[] = [];
  const submit: OrderService["submit"] = async ({ orders }) => {
    timeouts.push(orders[0]!.timeout_ms);
    return lost;
  };
  await gatewayTo(submit, { ...settings, orderTimeoutMs: 150 }).submit(orderLike());
  expect(timeouts.length).toBeGreaterThan(1);
  expect(timeouts[0]).toBeLessThanOrEqual(150);
  expect(timeouts).toEqual(timeouts.toSorted((left, right) => right - left));
});

// The killed order service may have had the order decided; the next one has no order in flight.
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
  expect(await gatewayTo(submit).submit(orderLike())).toMatchObject({ reason });
});

test("without a lost reply, nothing was done means that", async () => {
  let calls = 0;
  const away = { ok: false, arrived: "no" } as const;
  const submit = async () => (++calls === 1 ? away : answering({ kind: "failed", reason: "overloaded" }));
  expect(await gatewayTo(submit).submit(orderLike())).toEqual({
    kind: "failed",
    reason: "overloaded",
  });
});
