import { expect, test } from "bun:test";

import { errorBody } from "../../contract/errors.ts";
import { HttpFailure, messageIn, reasonIn, retryAfterHeaders } from "./http-failure.ts";

test("a failure has the Retry-After of its reason, unless it brings its own", () => {
  expect(new HttpFailure("overloaded").headers).toEqual({ "retry-after": "1" });
  expect(new HttpFailure("rate_limited", undefined, { "retry-after": "9", "x-a": "b" }).headers).toEqual({
    "retry-after": "9",
    "x-a": "b",
  });
  expect(new HttpFailure("forbidden").headers).toEqual({});
  expect(retryAfterHeaders("outcome_unknown")).toEqual({});
});

test("reason and message are read from a failed reply's body", () => {
  const body = errorBody("storage_full");
  expect([reasonIn(body), messageIn(body)]).toEqual(["storage_full", body.error.message]);
});

const others: unknown[] = [
  undefined,
  null,
  "overloaded",
  {},
  { error: null },
  { error: "overloaded" },
  { error: { reason: "bad_mood", message: 5 } },
  { error: { reason: "toString" } },
];

test.each(others.map((body) => [body]))("a body without them has none: %j", (body) => {
  expect([reasonIn(body), messageIn(body)]).toEqual([undefined, undefined]);
});
