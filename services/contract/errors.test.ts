import { expect, test } from "bun:test";

import { errorBody, isReason, refusals, statusOf, type Reason } from "./errors.ts";

// The public contract: a client narrows on these, so a changed status is a broken client.
const statuses: Record<Reason, number> = {
  insufficient_quantity: 400,
  limit_exceeded: 400,
  stock_not_found: 404,
  trading_halted: 409,
  price_changed: 409,
  invalid_request: 422,
  unauthorized: 401,
  forbidden: 403,
  order_not_found: 404,
  route_not_found: 404,
  method_not_allowed: 405,
  order_in_flight: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  idempotency_key_reused: 422,
  rate_limited: 429,
  headers_too_large: 431,
  internal_error: 500,
  overloaded: 503,
  storage_full: 503,
  unavailable: 503,
  outcome_unknown: 503,
  stale_epoch: 409,
  ledger_mismatch: 409,
  ledger_ahead: 409,
};
const reasons = Object.entries(statuses) as [Reason, number][];

test.each(reasons)("%s has the one status %d, and a message for people", (reason, status) => {
  expect(isReason(reason)).toBe(true);
  expect(statusOf(reason)).toBe(status);
  const { error } = errorBody(reason);
  expect(error).toEqual({ code: status, reason, message: expect.any(String) });
  expect(error.message.length).toBeGreaterThan(5);
});

test("the outcomes of an order are these five and no others", () => {
  expect(Object.keys(refusals).toSorted()).toEqual([
    "insufficient_quantity",
    "limit_exceeded",
    "price_changed",
    "stock_not_found",
    "trading_halted",
  ]);
});

test("the two plain misses are worded as clients of this API elsewhere expect", () => {
  expect(errorBody("stock_not_found").error.message).toBe("stock not found");
  expect(errorBody("order_not_found").error.message).toBe("order not found");
});

test("a detail replaces the message, and neither the status nor the reason", () => {
  expect(errorBody("invalid_request", "limit must be from 1 to 1000")).toEqual({
    error: { code: 422, reason: "invalid_request", message: "limit must be from 1 to 1000" },
  });
});

const noReasons = [
  "",
  "toString",
  "__proto__",
  "constructor",
  "Overloaded",
  503,
  null,
  undefined,
  ["overloaded"],
];

test.each(noReasons.map((value) => [value]))("%p is no reason", (value) => {
  expect(isReason(value)).toBe(false);
});
