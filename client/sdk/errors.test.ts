import { expect, test } from "bun:test";

import { BourseError, isReason, isRefusal, orderError, unwrap } from "./errors.ts";
import type { CallError, Reason } from "./types.ts";

const errorOf = (reason: Reason): CallError => ({ code: 503, message: "m", reason });

test.each<[Reason, boolean, Reason, boolean]>([
  ["insufficient_quantity", false, "insufficient_quantity", false],
  ["insufficient_quantity", true, "insufficient_quantity", false],
  ["invalid_request", true, "invalid_request", true],
  ["idempotency_key_reused", true, "idempotency_key_reused", true],
  ["overloaded", false, "overloaded", true],
  ["overloaded", true, "outcome_unknown", true],
  ["unauthorized", true, "outcome_unknown", true],
  ["network_error", false, "network_error", true],
  ["timeout", true, "timeout", true],
  ["order_in_flight", true, "order_in_flight", true],
])(
  "an order that ends with %s (attempt lost before: %p) reports %s, key: %p",
  (last, lost, reason, keyed) => {
    const error = orderError(errorOf(last), lost, "k");
    expect(error.reason).toBe(reason);
    expect(error.idempotencyKey).toBe(keyed ? "k" : undefined);
  },
);

test("what a newer market or a prototype might name is no reason", () => {
  expect(isReason("price_changed")).toBe(true);
  for (const value of ["market_closed", "toString", "__proto__", 5, null])
    expect(isReason(value)).toBe(false);
});

test("unwrap gives the data, or throws the error with all it says", () => {
  expect(unwrap({ data: 5, error: null })).toBe(5);
  const error = { ...errorOf("timeout"), idempotencyKey: "k" };
  let thrown: unknown;
  try {
    unwrap({ data: null, error });
  } catch (caught) {
    thrown = caught;
  }
  if (!(thrown instanceof BourseError)) throw new Error("no BourseError was thrown");
  expect(thrown).toMatchObject({ name: "BourseError", ...error });
  expect(isRefusal(thrown.reason)).toBe(false);
});
