import { expect, test } from "bun:test";

import { latencyOf, renderText, summarize, type Run } from "./summary.ts";
import { Tally } from "./tally.ts";
import type { Verification } from "./verify.ts";

const run: Run = {
  url: "http://127.0.0.1:8080",
  stocks: 10,
  clients: 5,
  probability: 0.5,
  seed: 7,
  elapsed_ms: 2_000,
};
const allMatch: Verification = { orders: 2, matching: 2, unreachable: 0, mismatches: [] };
const order = { name: "BoarCo", type: "buy", quantity: 3 } as const;
const oneToHundred = Array.from({ length: 100 }, (_, index) => index + 1);

test.each([
  ["1 to 100", oneToHundred, [50, 95, 99, 100]],
  ["100 to 1", oneToHundred.toReversed(), [50, 95, 99, 100]],
  ["1 to 1,000", Array.from({ length: 1_000 }, (_, index) => index + 1), [500, 950, 990, 1_000]],
  ["9 and 10, which are not ordered as text", [10, 9], [9, 10, 10, 10]],
  ["a single one", [4.25], [4.25, 4.25, 4.25, 4.25]],
  ["parts of a microsecond", [1.234567], [1.235, 1.235, 1.235, 1.235]],
])("p50, p95, p99 and max of %s", (_, latenciesMs, expected) => {
  expect(Object.values(latencyOf(latenciesMs))).toEqual(expected);
});

test("without a call there is no latency, not 0", () => {
  expect(latencyOf([])).toEqual({ p50: null, p95: null, p99: null, max: null });
});

const mismatch = { transaction_number: 3, problem: "acknowledged, but not in the ledger" };
test.each<[string, Partial<Verification>, boolean]>([
  ["every order matches", {}, true],
  ["one is not as acknowledged", { matching: 1, mismatches: [mismatch] }, false],
  ["a number was acknowledged twice", { mismatches: [mismatch] }, false],
  ["one could not be asked for", { matching: 1, unreachable: 1 }, false],
])("when %s, ok is as it should be", (_, change, ok) => {
  expect(summarize(run, new Tally(), { ...allMatch, ...change }).ok).toBe(ok);
});

test("an outcome that stays unknown is not ok", () => {
  const tally = new Tally();
  tally.unknown.push({ order, idempotencyKey: "k", reason: "timeout" });
  const summary = summarize(run, tally, allMatch);
  expect(summary).toMatchObject({ ok: false, orders: { unknown: 1 } });
  expect(renderText(summary)).toMatch(/unknown +1 .*asking again/);
});

test("the text names every count, with its unit and its reasons", () => {
  const tally = new Tally();
  const error = { code: 400, message: "", reason: "insufficient_quantity" } as const;
  const stock = { name: "A", price: 1, quantity: 1, volume: 0, status: "open", version: 1 } as const;
  tally.lookup({ data: stock, error: null }, 1.5);
  tally.order(order, { data: { ...order, transaction_number: 1, price: 7, at: "" }, error: null }, 4);
  tally.order(order, { data: null, error }, 2);
  const mismatches = [mismatch];
  const text = renderText(
    summarize(run, tally, { orders: 1_234, matching: 1_233, unreachable: 0, mismatches }),
  );
  for (const part of [
    /^5 clients traded 10 stocks at http:\/\/127.0.0.1:8080 for 2.0 s \(order probability 0.5, seed 7\)/m,
    /^lookups +1 +p50 1.5 ms +p95 1.5 ms +p99 1.5 ms +max 1.5 ms$/m,
    /^orders +2 +p50 2.0 ms .* max 4.0 ms$/m,
    /^ {2}bought +1$/m,
    /^ {2}sold +0$/m,
    /^ {2}refused +1 +insufficient_quantity 1$/m,
    /^order 3: acknowledged, but not in the ledger$/m,
    /^NOT OK: 1,233 of 1,234 acknowledged orders/m,
  ])
    expect(text).toMatch(part);
});
