import { expect, test } from "bun:test";
import fc from "fast-check";

import { Batcher } from "./batcher.ts";

const schedule = fc.record({
  maxItems: fc.integer({ min: 1, max: 5 }),
  minConcurrentBatch: fc.constantFrom(1, 2, 4, Infinity),
  submissions: fc.array(fc.record({ atMs: fc.nat(40), timeoutMs: fc.nat(80) }), { maxLength: 25 }),
  deliveries: fc.array(
    fc.record({
      goOnMs: fc.option(fc.nat(10), { nil: undefined }),
      afterMs: fc.nat(15),
      result: fc.constantFrom("answers", "answers", "maybe", "no"),
    }),
    { minLength: 1, maxLength: 10 },
  ),
});
type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never;

// Run at real speed, but all schedules of a run at once.
test("with two batches under way, each item gets one answer, and what was told undone is not sent", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(schedule, { minLength: 30, maxLength: 60 }), async (schedules) => {
      await Promise.all(schedules.map(follow));
    }),
    { numRuns: 4 },
  );
});

async function follow({ maxItems, minConcurrentBatch, submissions, deliveries }: Schedule): Promise<void> {
  let inFlight = 0;
  let turn = 0;
  const answered = new Map<number, string>();
  const maybeSent = new Set<number>();
  const underWay = new Set<number>();
  const batcher = new Batcher<number, string>({
    maxItems,
    minConcurrentBatch,
    maxQueued: 1_000,
    maxWaitMs: 1_000,
    retryDelayMs: 1,
    unanswered: (why) => why,
    afterPossibleDelivery: (answer) => answer,
    async deliver(items, signal, goOn) {
      inFlight += 1;
      expect(inFlight).toBeLessThanOrEqual(2);
      expect(items.length).toBeLessThanOrEqual(maxItems);
      for (const item of items) {
        expect(underWay.has(item)).toBe(false);
        underWay.add(item);
        expect(["overloaded", "unavailable"]).not.toContain(answered.get(item) ?? "");
      }
      const { goOnMs, afterMs, result } = deliveries[turn++ % deliveries.length]!;
      const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
      if (goOnMs !== undefined) {
        await Promise.race([Bun.sleep(goOnMs), aborted]);
        goOn();
      }
      await Promise.race([Bun.sleep(afterMs), aborted]);
      inFlight -= 1;
      for (const item of items) underWay.delete(item);
      if (result !== "no") for (const item of items) maybeSent.add(item);
      if (result !== "answers") return { arrived: result };
      return { answers: items.map((item) => `answer ${item}`) };
    },
  });
  await Promise.all(
    submissions.map(async ({ atMs, timeoutMs }, item) => {
      await Bun.sleep(atMs);
      const answer = await batcher.submit(item, timeoutMs);
      expect(answered.has(item)).toBe(false);
      answered.set(item, answer);
      expect([`answer ${item}`, "overloaded", "unavailable", "outcome_unknown"]).toContain(answer);
      if (answer === "overloaded" || answer === "unavailable") expect(maybeSent.has(item)).toBe(false);
    }),
  );
  expect(answered.size).toBe(submissions.length);
}
