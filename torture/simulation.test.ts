import { expect, setDefaultTimeout, test } from "bun:test";

import { Disk } from "./simulation/disk.ts";
import { runSchedule } from "./simulation/run-schedule.ts";

setDefaultTimeout(120_000);

const first = 1;
const count = 200;

test("under any faults, every answer is true and every key has one outcome", async () => {
  using disk = new Disk();
  const failed: { seed: number; violations: string[] }[] = [];
  for (let seed = first; seed < first + count; seed += 1) {
    const { violations, figures } = await runSchedule(seed, disk);
    expect(figures.orders).toBeGreaterThanOrEqual(50);
    expect(figures.crashes).toBeGreaterThanOrEqual(1);
    if (violations.length > 0) failed.push({ seed, violations });
  }
  expect(failed).toEqual([]);
});

test("one seed gives one run, to the byte, at any place in a series", async () => {
  const runs = async (...seeds: number[]): Promise<string[]> => {
    using disk = new Disk();
    const hashes: string[] = [];
    for (const seed of seeds) hashes.push((await runSchedule(seed, disk)).traceHash);
    return hashes;
  };
  const [a, b, c] = await runs(11, 12, 13);
  expect(await runs(13, 11, 12)).toEqual([c!, a!, b!]);
  expect(new Set([a, b, c]).size).toBe(3);
});
