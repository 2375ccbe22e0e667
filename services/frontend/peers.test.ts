import { expect, test } from "bun:test";

import { ok, rejected, type Reply } from "../contract/reply.ts";
import type { StockState } from "../contract/stock.ts";
import { systemClock } from "../runtime/flow/clock.ts";
import { boundedCatalog, type ReadableCatalog } from "./peers.ts";

const state: StockState = {
  name: "A",
  price_cents: 100,
  quantity: 1,
  volume: 0,
  status: "open",
  version: 1,
};
const lost = { ok: false, arrived: "maybe" } as const;

/** A catalog whose every lookup is answered by `answer`, at a time that the test sets. */
function bounded(answer: (call: number) => Promise<Reply<StockState>> | Reply<StockState>) {
  const clock = { ...systemClock, ms: 0, now: (): number => clock.ms };
  const counts = { calls: 0, running: 0, mostRunning: 0 };
  const inner: Pick<ReadableCatalog, "stock"> = {
    async stock() {
      counts.calls += 1;
      counts.running += 1;
      counts.mostRunning = Math.max(counts.mostRunning, counts.running);
      const reply = await answer(counts.calls);
      counts.running -= 1;
      return reply;
    },
  };
  return { catalog: boundedCatalog(inner as ReadableCatalog, clock), clock, counts };
}

test("a read whose transport failed is tried once more", async () => {
  const { catalog, counts } = bounded((call) => (call === 1 ? lost : ok(state)));
  expect(await catalog.stock("A")).toEqual(ok(state));
  expect(counts.calls).toBe(2);
});

test("a read is not tried a third time, nor after a refusal", async () => {
  const failing = bounded(() => lost);
  expect(await failing.catalog.stock("A")).toEqual(lost);
  expect(failing.counts.calls).toBe(2);
  const refusing = bounded(() => rejected("unavailable"));
  expect(await refusing.catalog.stock("A")).toEqual(rejected("unavailable"));
  expect(refusing.counts.calls).toBe(1);
});

test("a read that failed late is not tried again", async () => {
  const { catalog, clock, counts } = bounded(() => {
    clock.ms += 2_000;
    return lost;
  });
  expect(await catalog.stock("A")).toEqual(lost);
  expect(counts.calls).toBe(1);
});

test("retries stay a small share of the reads, however many fail", async () => {
  const { catalog, counts } = bounded(() => lost);
  for (let read = 0; read < 200; read += 1) await catalog.stock("A");
  expect(counts.calls).toBeLessThanOrEqual(200 + 10 + 20);
});

test("reads at once are bounded, and those that wait are answered in time", async () => {
  const gate = Promise.withResolvers<void>();
  const { catalog, counts } = bounded(() => gate.promise.then(() => ok(state)));
  const reads = Array.from({ length: 5_000 }, () => catalog.stock("A"));
  const shed = await Promise.race(reads);
  expect(shed).toEqual(rejected("overloaded"));
  gate.resolve();
  const replies = await Promise.all(reads);
  expect(counts.mostRunning).toBe(64);
  expect(replies.filter((reply) => reply.ok)).toHaveLength(64 + 4_000);
});
