import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { startProgress } from "../cli/progress.ts";
import { runSubcommand } from "../cli/run.ts";
import { loadTool } from "../testing/load/load-tool.ts";
import { renderChart } from "./chart.ts";
import { contenders, startBourse, type Start } from "./contenders.ts";
import { hotMeasurement } from "./hot.ts";
import { machineWith } from "./machine.ts";
import { measure } from "./measure.ts";
import { findNode22 } from "./node-22.ts";
import { readOptions, type BenchOptions } from "./options.ts";
import { comparisons, essential, olderRelease, withOlderRelease, workloads } from "./plan.ts";
import { addsUp, renderReport, type Report } from "./report.ts";
import { measureStartUp, type Started, type StartUp } from "./start-up.ts";
import { judgeRatios, judgeStartUps } from "./verdict.ts";

/**
 * The benchmark: the market compared with the limits of HTTP and SQLite, and with monoliths (`bun run bench --help`). It
 * starts all contenders, on free ports and in temporary folders. The workloads are in plan.ts, the contenders in
 * contenders.ts, and the programs of the contenders other than the market in peers/.
 */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const progress = startProgress("bench");
  const report = await run(options, (done, total, note) =>
    progress.update(done / total, `${done} of ${total}, ${note}`),
  ).finally(() => progress.stop());
  process.stdout.write(renderReport(report));
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, "bench.json"), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(options.out, "bench.svg"), renderChart(report.measurements));
  return report.books.every(addsUp) ? 0 : 1;
}

type ShowProgress = (done: number, total: number, note: string) => void;

async function run(options: BenchOptions, progress: ShowProgress): Promise<Report> {
  const { only, quick, rounds, seconds, beside } = options;
  const node = findNode22(options.node);
  const startUps = only.includes("start") ? await measureStartUps(options, progress) : [];
  const chosen = workloads
    .filter(({ group }) => only.includes(group))
    .map((workload) => (quick ? essential(workload) : workload))
    .map((workload) => (beside === undefined ? workload : withOlderRelease(workload)));
  const starts: Record<string, Start> = {
    ...contenders,
    ...(beside !== undefined && { [olderRelease]: () => startBourse({ codeDir: beside }) }),
  };
  const settings = {
    rounds,
    secondsPerRound: seconds,
    warmUpSeconds: quick ? 1 : 3,
    node,
    progress,
  };
  const { measurements, books } = await measure(chosen, settings, starts);
  const hot = hotMeasurement(options);
  const hotWorkloads = only.includes(hot.workload.group) ? [hot.workload] : [];
  // Its markets are started when the other contenders have stopped, so that fewer processes run at a time.
  measurements.push(...(await measure(hotWorkloads, settings, hot.starts)).measurements);
  return {
    at: new Date().toISOString(),
    machine: machineWith(node),
    load: loadTool().name,
    rounds,
    secondsPerRound: seconds,
    measurements,
    startUps,
    books,
    verdicts: [
      ...judgeRatios(measurements, [...hot.comparisons, ...comparisons]),
      ...judgeStartUps(startUps),
    ],
  };
}

/** The kinds of start in turn, so that other work of the machine affects all alike. */
async function measureStartUps(
  { quick, rounds, beside }: BenchOptions,
  progress: ShowProgress,
): Promise<StartUp[]> {
  const kinds: Started[] = [
    "one process",
    "three processes",
    ...(beside === undefined ? [] : ["older release" as const]),
  ];
  const idleMs = quick ? 1_000 : 5_000;
  const startUps: StartUp[] = [];
  for (let round = 1; round <= rounds; round += 1)
    for (const of of round % 2 === 1 ? kinds : kinds.toReversed()) {
      progress(startUps.length, rounds * kinds.length, `start, ${of}`);
      startUps.push(
        await measureStartUp({ of, idleMs, codeDir: of === "older release" ? beside : undefined }),
      );
    }
  return startUps;
}

await runSubcommand({ name: "bench", exitCodes: { usage: 2, failed: 1 }, run: main }, process.argv.slice(2));
