import { parseArgs } from "node:util";

import { Disk } from "./disk.ts";
import { runSchedule } from "./run-schedule.ts";

/**
 * Runs schedules and prints the report of each as a line of JSON; with `--trace`, also every event in it.
 * `bun torture/simulation/main.ts --seed 7` repeats the schedule of seed 7.
 */
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    /** Every so many seeds: several processes share the work. */
    step: { type: "string", default: "1" },
    count: { type: "string", default: "1" },
    seconds: { type: "string", default: "Infinity" },
    /** Where its databases are; by default a new temporary folder. */
    folder: { type: "string" },
    trace: { type: "boolean", default: false },
  },
});

const [first, step, count, seconds] = [values.seed, values.step, values.count, values.seconds].map(
  Number,
) as [number, number, number, number];
const endsAtMs = performance.now() + seconds * 1_000;
const print = (line: string): void => void process.stdout.write(line);

using disk = new Disk(values.folder);
for (let index = 0; index < count && performance.now() < endsAtMs; index += 1) {
  const seed = (first + index * step) % 2 ** 32;
  print(`${JSON.stringify(await runSchedule(seed, disk, values.trace ? print : undefined))}\n`);
}
