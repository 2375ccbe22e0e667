import { expect, test } from "bun:test";

import { RetryBudget } from "./retry-budget.ts";

/** Takes retries until there are none. */
function drain(budget: RetryBudget, nowMs: number): number {
  let taken = 0;
  while (budget.take(nowMs)) taken += 1;
  return taken;
}

test("a fresh client may retry at once, and not for ever", () => {
  expect(drain(new RetryBudget(0), 0)).toBe(50);
});

test("after that one call in ten may be a retry", () => {
  const budget = new RetryBudget(0);
  drain(budget, 0);
  for (let call = 0; call < 105; call++) budget.noteCall();
  expect(drain(budget, 0)).toBe(10);
});

test("a second without calls saves one retry, and what is saved has an end", () => {
  const budget = new RetryBudget(0);
  drain(budget, 0);
  expect(drain(budget, 3_000)).toBe(3);
  expect(drain(budget, 1_000_000)).toBe(50);
});
