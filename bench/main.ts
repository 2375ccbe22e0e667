import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { startProgress, type Progress } from "../torture/progress.ts";
import { runCommand } from "../torture/run-command.ts";
import { renderChart } from "./chart.ts";
import { loadTool } from "../testing/load/load-tool.ts";
import { machineWith } from "./machine.ts";
import { measure } from "./measure.ts";
import { findNode22 } from "./node-22.ts";
import { readOptions, type BenchOptions } from "./options.ts";
import { essential, workloads } from "./plan.ts";
import { addsUp, renderReport, type Report } from "./report.ts";
import { measureStartUp, type StartUp } from "./start-up.ts";
import { judgeRatios, judgeStartUps } from "./verdict.ts";

/**
 * The benchmark: the market beside the limits of HTTP and SQLite, and beside monoliths (`bun run bench --help`). It
 * starts everything itself, on free ports and in temporary folders. The workloads are in plan.ts, the contenders in
 * contenders.ts, and the programs of the contenders other than the market in peers/.
 */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const progress = startProgress("bench");
  const report = await run(options, progress).finally(() => progress.stop());
  process.stdout.write(renderReport(report));
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, "bench.json"), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(options.out, "bench.svg"), renderChart(report.measurements));
  return report.books.every(addsUp) ? 0 : 1;
}

async function run(options: BenchOptions, progress: Progress): Promise<Report> {
  const { only, quick, rounds, seconds } = options;
  const node = findNode22(options.node);
  const startUps: StartUp[] = [];
  const starts = only.includes("start") ? (quick ? 1 : rounds) : 0;
  for (let number = 1; number <= starts; number += 1) {
    progress.tell(number - 1, starts, "start:all");
    startUps.push(await measureStartUp(quick ? 1_000 : 5_000));
  }
  const chosen = workloads.filter(({ group }) => only.includes(group));
  const { measurements, books } = await measure(quick ? chosen.map(essential) : chosen, {
    rounds,
    secondsPerRound: seconds,
    warmUpSeconds: quick ? 1 : 3,
    node,
    progress: progress.tell,
  });
  return {
    at: new Date().toISOString(),
    machine: machineWith(node),
    load: loadTool().name,
    rounds,
    secondsPerRound: seconds,
    measurements,
    startUps,
    books,
    verdicts: [...judgeRatios(measurements), ...judgeStartUps(startUps)],
  };
}

await runCommand(main);
