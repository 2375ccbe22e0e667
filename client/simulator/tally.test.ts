import { expect, test } from "bun:test";

import type { NewOrder, Reason, Result, PlacedOrder } from "../sdk/client.ts";
import { Tally } from "./tally.ts";

const order: NewOrder = { name: "BoarCo", type: "buy", quantity: 3 };
const receipt = { ...order, transaction_number: 1, price: 7.11, at: "2026-01-01T00:00:00.000Z" };
const traded: Result<PlacedOrder> = { data: receipt, error: null };
const failed = (reason: Reason): Result<PlacedOrder> => ({
  data: null,
  error: { code: 0, message: "", reason, idempotencyKey: "k" },
});

test.each<[Reason, "refused" | "failed" | "unknown"]>([
  ["insufficient_quantity", "refused"],
  ["trading_halted", "refused"],
  ["overloaded", "failed"],
  ["rate_limited", "failed"],
  ["invalid_request", "failed"],
  ["outcome_unknown", "unknown"],
  ["timeout", "unknown"],
  ["network_error", "unknown"],
  ["order_in_flight", "unknown"],
])("an order that ends with %s is %s, and nothing else", (reason, kind) => {
  const tally = new Tally();
  tally.order(order, failed(reason), 5);
  const { refused, failed: failures, unknown, acknowledged, bought, sold } = tally;
  expect({ refused, failures, unknown, acknowledged, bought, sold }).toEqual({
    refused: kind === "refused" ? { [reason]: 1 } : {},
    failures: kind === "failed" ? { [reason]: 1 } : {},
    unknown: kind === "unknown" ? [{ order, idempotencyKey: "k", reason }] : [],
    acknowledged: [],
    bought: 0,
    sold: 0,
  });
});

test("latencies are of answers only", () => {
  const tally = new Tally();
  tally.order(order, traded, 1);
  tally.order(order, failed("insufficient_quantity"), 2);
  tally.order(order, failed("overloaded"), 3);
  tally.order(order, failed("timeout"), 4);
  expect(tally.orderLatenciesMs).toEqual([1, 2]);
});
