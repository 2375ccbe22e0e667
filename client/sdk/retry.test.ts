import { expect, test } from "bun:test";

import { attemptTimeoutMs, backoffMs, isRetryable, retryAfterMsOf } from "./retry.ts";
import type { Reason } from "./types.ts";

test.each<[number, Reason, boolean]>([
  [0, "network_error", true],
  [0, "timeout", true],
  [0, "aborted", false],
  [429, "rate_limited", true],
  [503, "overloaded", true],
  [503, "storage_full", true],
  [503, "unavailable", true],
  [503, "outcome_unknown", true],
  [409, "order_in_flight", true],
  [409, "price_changed", false],
  [409, "trading_halted", false],
  [400, "insufficient_quantity", false],
  [404, "stock_not_found", false],
  [422, "invalid_request", false],
  [422, "idempotency_key_reused", false],
  [401, "unauthorized", false],
  [500, "internal_error", false],
  [200, "unexpected_reply", false],
  [404, "unexpected_reply", false],
  [429, "unexpected_reply", true],
  [502, "unexpected_reply", true],
])("%d %s is asked again: %p", (code, reason, retried) => {
  expect(isRetryable({ code, reason, message: "" })).toBe(retried);
});

test.each([
  [0, 0, 0, 0],
  [0, 0.5, 0, 50],
  [1, 0.5, 0, 100],
  [4, 0.5, 0, 800],
  [5, 0.5, 0, 1_000],
  [60, 0.5, 0, 1_000],
  [2_000, 0.5, 0, 1_000],
])("wait before retry %d with random %d after Retry-After %d ms: %d ms", (retry, random, after, waitMs) => {
  expect(backoffMs(retry, random, after)).toBe(waitMs);
});

test("a wait is never shorter than the server asked for", () => {
  expect(backoffMs(0, 0, 3_000)).toBe(3_000);
  expect(backoffMs(0, 0.5, 3_000)).toBe(3_050);
});

test("one lost attempt leaves room for another, down to attempts of a second", () => {
  expect(attemptTimeoutMs(10_000)).toBe(5_000);
  expect(attemptTimeoutMs(1_500)).toBe(1_000);
  expect(attemptTimeoutMs(400)).toBe(400);
});

test.each([
  [null, 0],
  ["0", 0],
  ["2", 2_000],
  ["Thu, 01 Jan 1970 00:01:05 GMT", 5_000],
  ["Thu, 01 Jan 1970 00:00:05 GMT", 0],
  ["soon", 0],
])("Retry-After %p at 60,000 ms is %d ms away", (header, waitMs) => {
  expect(retryAfterMsOf(header, 60_000)).toBe(waitMs);
});
