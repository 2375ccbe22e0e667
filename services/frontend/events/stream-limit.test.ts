import { expect, test } from "bun:test";

import { HttpFailure } from "../../runtime/http/http-failure.ts";
import { StreamLimit } from "./stream-limit.ts";

function refusalOf(enter: () => unknown) {
  try {
    enter();
    return undefined;
  } catch (error) {
    if (error instanceof HttpFailure) return [error.reason, error.headers["retry-after"]];
    throw error;
  }
}

test("a client with too many streams is refused, and others are not", () => {
  const limit = new StreamLimit({ inAll: 10, perClient: 2 });
  const leave = limit.enter("a");
  limit.enter("a");
  expect(refusalOf(() => limit.enter("a"))).toEqual(["rate_limited", "5"]);
  expect(refusalOf(() => limit.enter("b"))).toBeUndefined();
  leave();
  expect(refusalOf(() => limit.enter("a"))).toBeUndefined();
  expect(refusalOf(() => limit.enter("a"))).toEqual(["rate_limited", "5"]);
});

test("too many streams of all clients together are refused", () => {
  const limit = new StreamLimit({ inAll: 3, perClient: 2 });
  const leaves = ["a", "b", "c"].map((client) => limit.enter(client));
  expect(refusalOf(() => limit.enter("d"))).toEqual(["overloaded", "5"]);
  leaves[0]?.();
  expect(refusalOf(() => limit.enter("d"))).toBeUndefined();
});

test("a stream leaves once, however often it is told", () => {
  const limit = new StreamLimit({ inAll: 10, perClient: 1 });
  const leave = limit.enter("a");
  leave();
  leave();
  expect(limit.total).toBe(0);
  limit.enter("a");
  leave();
  expect([limit.total, refusalOf(() => limit.enter("a"))]).toEqual([1, ["rate_limited", "5"]]);
});
