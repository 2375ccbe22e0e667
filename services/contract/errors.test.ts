import { expect, test } from "bun:test";

import {
  effectOf,
  errorBody,
  isReason,
  isTemporary,
  reasons,
  refusals,
  retryAfterOf,
  statusOf,
  type Effect,
  type Reason,
} from "./errors.ts";

// The public contract: clients branch on these, so a changed one breaks them.
const contract: [Reason, status: number, effect: Effect, retryAfterS: number | undefined][] = [
  ["insufficient_quantity", 400, "decided", undefined],
  ["limit_exceeded", 400, "decided", undefined],
  ["stock_not_found", 404, "decided", undefined],
  ["trading_halted", 409, "decided", undefined],
  ["price_changed", 409, "decided", undefined],
  ["invalid_request", 422, "none", undefined],
  ["unauthorized", 401, "none", undefined],
  ["forbidden", 403, "none", undefined],
  ["order_not_found", 404, "none", undefined],
  ["route_not_found", 404, "none", undefined],
  ["method_not_allowed", 405, "none", undefined],
  ["order_in_flight", 409, "unknown", undefined],
  ["payload_too_large", 413, "none", undefined],
  ["unsupported_media_type", 415, "none", undefined],
  ["idempotency_key_reused", 422, "none", undefined],
  ["rate_limited", 429, "none", 1],
  ["wrong_host", 421, "none", undefined],
  ["headers_too_large", 431, "none", undefined],
  ["internal_error", 500, "unknown", undefined],
  ["overloaded", 503, "none", 1],
  ["storage_full", 503, "none", 1],
  ["unavailable", 503, "none", 1],
  ["outcome_unknown", 503, "unknown", undefined],
  ["stale_epoch", 409, "none", undefined],
  ["ledger_mismatch", 409, "none", undefined],
  ["ledger_ahead", 409, "none", undefined],
  ["version_mismatch", 409, "none", undefined],
];

test.each(contract)("%s has status %d, effect %s, Retry-After %p", (reason, status, effect, retryAfterS) => {
  expect(isReason(reason)).toBe(true);
  expect(statusOf(reason)).toBe(status);
  expect(effectOf(reason)).toBe(effect);
  expect(retryAfterOf(reason)).toBe(retryAfterS);
  const { error } = errorBody(reason);
  expect(error).toEqual({ code: status, reason, message: expect.any(String) });
  expect(error.message.length).toBeGreaterThan(5);
});

test("the table has no other reason", () => {
  expect(Object.keys(reasons).toSorted()).toEqual(contract.map(([reason]) => reason).toSorted());
});

test("the temporary failures are those of which nothing was done and which have a Retry-After", () => {
  const temporary = contract.map(([reason]) => reason).filter(isTemporary);
  expect(temporary.toSorted()).toEqual(["overloaded", "rate_limited", "storage_full", "unavailable"]);
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
