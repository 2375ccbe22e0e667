import { expect, test } from "bun:test";
import fc from "fast-check";

import { FakeClock } from "../../../testing/fake-clock.ts";
import { Batcher } from "./batcher.ts";

const schedule = fc.record({
  maxItems: fc.integer({ min: 1, max: 5 }),
  minConcurrentBatch: fc.constantFrom(1, 2, 4, Infinity),
  submissions: fc.array(fc.record({ atMs: fc.nat(40), timeoutMs: fc.nat(80) }), { maxLength: 25 }),
  deliveries: fc.array(
    fc.record({
      readyMs: fc.option(fc.nat(10), { nil: undefined }),
      afterMs: fc.nat(15),
      result: fc.constantFrom("answers", "answers", "maybe", "no"),
    }),
    { minLength: 1, maxLength: 10 },
  ),
});
type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never;

test("with two batches in flight each item gets one answer, and nothing is sent that was answered as undone", async () => {
  await fc.assert(fc.asyncProperty(schedule, play), { numRuns: 200 });
});

async function play({ maxItems, minConcurrentBatch, submissions, deliveries }: Schedule): Promise<void> {
  const clock = new FakeClock();
  let batchesInFlight = 0;
  let attempts = 0;
  const answered = new Map<number, string>();
  const mayHaveArrived = new Set<number>();
  const itemsInFlight = new Set<number>();
  const batcher = new Batcher<number, string>({
    clock,
    maxItems,
    minConcurrentBatch,
    maxQueued: 1_000,
    maxWaitMs: 1_000,
    retryDelayMs: 1,
    rejectionFor: (reason) => reason,
    afterPossibleDelivery: (answer) => answer,
    async deliver(items, signal, onPeerReady) {
      batchesInFlight += 1;
      expect(batchesInFlight).toBeLessThanOrEqual(2);
      expect(items.length).toBeLessThanOrEqual(maxItems);
      for (const item of items) {
        expect(itemsInFlight.has(item)).toBe(false);
        itemsInFlight.add(item);
        expect(["overloaded", "unavailable"]).not.toContain(answered.get(item) ?? "");
      }
      const { readyMs, afterMs, result } = deliveries[attempts++ % deliveries.length]!;
      const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
      if (readyMs !== undefined) {
        await Promise.race([clock.sleep(readyMs), aborted]);
        onPeerReady();
      }
      await Promise.race([clock.sleep(afterMs), aborted]);
      batchesInFlight -= 1;
      for (const item of items) itemsInFlight.delete(item);
      if (result !== "no") for (const item of items) mayHaveArrived.add(item);
      if (result !== "answers") return { arrived: result };
      return { answers: items.map((item) => `answer ${item}`) };
    },
  });
  const keep = (item: number, answer: string): void => {
    expect(answered.has(item)).toBe(false);
    answered.set(item, answer);
    expect([`answer ${item}`, "overloaded", "unavailable", "outcome_unknown"]).toContain(answer);
    if (answer === "overloaded" || answer === "unavailable") expect(mayHaveArrived.has(item)).toBe(false);
  };
  for (const [item, { atMs, timeoutMs }] of submissions.entries())
    clock.after(atMs, () => void batcher.submit(item, timeoutMs).then((answer) => keep(item, answer)));
  await clock.advance(200);
  expect(answered.size).toBe(submissions.length);
}
