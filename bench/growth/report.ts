import { renderReport, type Report } from "../report.ts";
import type { StartUp } from "../start-up.ts";
import { median, spreadOf } from "../statistics.ts";
import { judge, judgeRatios, type Verdict } from "../verdict.ts";
import type { BookSize } from "./book-maker.ts";
import type { CatchUp } from "./catch-up.ts";
import { processorTimes } from "./processor-time.ts";
import { growthTargets, memoryWithinMb, names, readyWithinMs } from "./plan.ts";

/** The result of one size beside the smallest. */
export interface GrowthReport extends Report {
  size: BookSize;
  smallStartUps: readonly StartUp[];
  catchUp: CatchUp | undefined;
  /** Of the files, before the load. */
  bytes: Record<"catalog.db" | "order.db", number>;
}

export function judgeGrowth({
  measurements,
  startUps,
}: Pick<GrowthReport, "measurements" | "startUps">): Verdict[] {
  const rounds = measurements
    .filter(({ contender }) => contender === names.large)
    .flatMap((measured) => measured.rounds);
  const services = Object.keys(rounds[0]?.processes ?? {});
  return [
    ...judgeRatios(measurements, growthTargets),
    ...(startUps.length > 0
      ? [
          judge(
            "ready after start:all",
            "at most",
            readyWithinMs,
            "ms",
            spreadOf(startUps.map(({ readyMs }) => readyMs)),
          ),
        ]
      : []),
    ...services.map((name) => {
      const used = rounds.map(({ processes }) => processes?.[name]?.residentMb ?? 0);
      const most = Math.max(...used);
      return judge(`most memory of ${name} under load`, "at most", memoryWithinMb, "MB", {
        ...spreadOf(used),
        median: most,
      });
    }),
  ];
}

/** The report of one size for people. */
export function renderGrowth(report: GrowthReport): string {
  const { size, catchUp, bytes } = report;
  const rows = size.trades + size.refusals;
  const head = `\n${count(size.stocks)} stocks, ${count(size.trades)} trades, ${count(size.refusals)} refusals`;
  const files = Object.entries(bytes).map(
    ([name, size]) =>
      `${name} ${(size / 1e6).toFixed(1)} MB${rows > 0 ? `, ${(size / rows).toFixed(0)} bytes a row` : ""}`,
  );
  const caughtUp = catchUp && [
    `an empty ledger caught up in ${catchUp.seconds.toFixed(1)} s: ${count(catchUp.rowsPerSecond)} rows/s; memory in MB: ${JSON.stringify(catchUp.residentMb)}`,
  ];
  const times = processorTimes(report.measurements).map(
    ({ workload, smallUs, largeUs }) =>
      `processor time, ${workload}: ${smallUs.toFixed(1)} µs small, ${largeUs.toFixed(1)} µs large (${(smallUs / largeUs).toFixed(2)} ×)`,
  );
  const readyMs = (startUps: readonly StartUp[]): string => count(median(startUps.map((one) => one.readyMs)));
  const starts = `ready after start:all: ${readyMs(report.smallStartUps)} ms small, ${readyMs(report.startUps)} ms large`;
  return [
    head,
    renderReport(report),
    ...(report.startUps.length > 0 ? [starts] : []),
    ...times,
    ...files,
    ...(caughtUp ?? []),
    "",
  ].join("\n");
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}
