import { expect, test } from "bun:test";

import { measure } from "./measure.ts";
import { workloads, type Workload } from "./plan.ts";
import { addsUp } from "./report.ts";

test("the benchmark counts what its contenders did: every answer is an order in their books", async () => {
  const single = workloads.find(({ group }) => group === "single");
  const workload: Workload = {
    ...single!,
    connections: 8,
    contenders: ["Elysia, bun:sqlite", "raw SQLite", "Fastify, Node 22"],
  };
  const notes: string[] = [];
  const { measurements, books } = await measure([workload], {
    rounds: 1,
    secondsPerRound: 1,
    warmUpSeconds: 1,
    node: undefined,
    progress: (_done, _total, note) => notes.push(note),
  });

  expect(measurements.map(({ contender, rounds }) => [contender, rounds.length])).toEqual([
    ["Elysia, bun:sqlite", 1],
    ["raw SQLite", 1],
    ["Fastify, Node 22", 0],
  ]);
  for (const { answered, failed, p50Ms, p99Ms } of measurements.flatMap(({ rounds }) => rounds)) {
    expect(answered).toBeGreaterThan(0);
    expect(failed).toBe(0);
    expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
  }
  expect(books.map(({ contender }) => contender)).toEqual(["Elysia, bun:sqlite", "raw SQLite"]);
  for (const check of books) {
    expect(check.inBooks).toBeGreaterThan(0);
    expect(check).toSatisfy(addsUp);
  }
  expect(notes.at(-1)).toBe(`${workload.name}: Fastify, Node 22, round 1`);
}, 60_000);
