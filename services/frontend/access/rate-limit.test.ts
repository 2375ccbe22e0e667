import { expect, test } from "bun:test";
import fc from "fast-check";

import { TokenBucket } from "./rate-limit.ts";

/** A bucket whose clock changes only when a test advances it. */
function bucketOf(rate: number) {
  let nowMs = 12_345.678;
  const bucket = new TokenBucket(rate, { now: () => nowMs });
  return { bucket, waitMs: (ms: number) => (nowMs += ms) };
}

test("two seconds' worth passes at once, and then no more", () => {
  const { bucket } = bucketOf(3);
  const remaining = Array.from({ length: 6 }, () => bucket.take(1)).map((state) => state.remaining);
  expect(remaining).toEqual([5, 4, 3, 2, 1, 0]);
  expect(bucket.take(1)).toEqual({ allowed: false, limit: 6, remaining: 0, resetSeconds: 1 });
  expect(bucket.take(1).allowed).toBe(false);
});

test("it refills at its rate, up to two seconds' worth", () => {
  const { bucket, waitMs } = bucketOf(10);
  bucket.take(20);
  waitMs(99);
  expect(bucket.take(1).allowed).toBe(false);
  waitMs(1.01);
  expect(bucket.take(1).allowed).toBe(true);
  waitMs(1_000.01);
  expect(bucket.take(0).remaining).toBe(10);
  waitMs(3_600_000);
  expect(bucket.take(0)).toEqual({ allowed: true, limit: 20, remaining: 20, resetSeconds: 0 });
});

test("a cost past the bucket's size passes when it is full, and is paid off", () => {
  const { bucket, waitMs } = bucketOf(10);
  expect(bucket.take(1_000)).toEqual({ allowed: true, limit: 20, remaining: 0, resetSeconds: 100 });
  waitMs(97_900);
  expect(bucket.take(1).allowed).toBe(false);
  waitMs(201);
  expect(bucket.take(1).allowed).toBe(true);
  expect(bucket.take(1_000)).toMatchObject({ allowed: false, resetSeconds: 2 });
});

test("what was paid before counts towards the cost", () => {
  for (const cost of [1, 20, 1_000]) {
    const { bucket, waitMs } = bucketOf(10);
    expect(bucket.take(1).allowed).toBe(true);
    expect(bucket.take(cost, 1).allowed).toBe(true);
    waitMs((Math.max(0, cost - 20) / 10) * 1_000 + 0.01);
    expect(bucket.take(0).remaining).toBe(Math.max(0, 20 - cost));
  }
});

test("a refused caller that waits for resetSeconds is admitted, if no other call comes in between", () => {
  const takes = fc.array(fc.record({ cost: fc.integer({ min: 0, max: 3_000 }), afterMs: fc.nat(5_000) }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), takes, (rate, list) => {
      const { bucket, waitMs } = bucketOf(rate);
      for (const { cost, afterMs } of list) {
        waitMs(afterMs);
        const { allowed, resetSeconds } = bucket.take(cost);
        if (allowed) continue;
        expect(resetSeconds).toBeGreaterThan(0);
        waitMs(resetSeconds * 1_000);
        expect(bucket.take(cost).allowed).toBe(true);
      }
    }),
  );
});

test("over any time no more passes than the rate and one bucket, give or take one cost past it", () => {
  const takes = fc.array(fc.record({ cost: fc.integer({ min: 1, max: 50 }), afterMs: fc.nat(300) }));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), takes, (rate, list) => {
      const { bucket, waitMs } = bucketOf(rate);
      let passed = 0;
      let elapsedMs = 0;
      for (const { cost, afterMs } of list) {
        waitMs(afterMs);
        elapsedMs += afterMs;
        if (bucket.take(cost).allowed) passed += cost;
      }
      expect(passed).toBeLessThanOrEqual(2 * rate + (elapsedMs / 1_000) * rate + 50);
    }),
  );
});
