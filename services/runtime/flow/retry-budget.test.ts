import { expect, test } from "bun:test";

import { RetryBudget } from "./retry-budget.ts";

/** Makes `calls` calls that all fail; returns the number of attempts. */
async function fail(budget: RetryBudget, calls: number): Promise<number> {
  let attempts = 0;
  for (let call = 0; call < calls; call += 1)
    await budget.run(
      async () => (attempts += 1),
      () => true,
    );
  return attempts;
}

test("a good result is not asked for again", async () => {
  let attempts = 0;
  const result = await new RetryBudget().run(
    async () => (attempts += 1),
    () => false,
  );
  expect([result, attempts]).toEqual([1, 1]);
});

test("a bad result is tried once more, and what that gives is the result, bad or good", async () => {
  for (const second of ["good", "bad"]) {
    const results = ["bad", second, "never asked for"];
    const result = await new RetryBudget().run(
      async () => results.shift(),
      (one) => one === "bad",
    );
    expect([result, results]).toEqual([second, ["never asked for"]]);
  }
});

test("a peer that fails every call gets a burst of ten, and then one more call in ten", async () => {
  const attempts = await fail(new RetryBudget(), 1_000);
  expect(attempts).toBeGreaterThanOrEqual(1_000 + 100);
  expect(attempts).toBeLessThanOrEqual(1_000 + 10 + 100);
});

test("good calls save retries up for a bad moment, never more than the burst", async () => {
  const budget = new RetryBudget();
  await fail(budget, 100);
  for (let call = 0; call < 10_000; call += 1)
    await budget.run(
      async () => "good",
      () => false,
    );
  expect(await fail(budget, 9)).toBe(18);
  expect(await fail(budget, 9)).toBeLessThanOrEqual(11);
});

test("calls at once share the budget", async () => {
  const budget = new RetryBudget();
  const attempts = await Promise.all(Array.from({ length: 200 }, () => fail(budget, 1)));
  expect(attempts.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(200 + 10 + 20);
});

test("an attempt that throws is not tried again", async () => {
  let attempts = 0;
  const broken = new RetryBudget().run(
    async () => {
      attempts += 1;
      throw new Error("broken");
    },
    () => true,
  );
  expect(await broken.catch((error: Error) => error.message)).toBe("broken");
  expect(attempts).toBe(1);
});
