import type { Machine } from "./machine.ts";
import type { BooksCheck, Measurement } from "./measure.ts";
import { rateOf } from "./plan.ts";
import type { StartUp } from "./start-up.ts";
import { median, ratioOf, spreadOf, type Spread } from "./statistics.ts";
import type { Verdict } from "./verdict.ts";

/** The result of a run, as it is written to the JSON file. */
export interface Report {
  at: string;
  machine: Machine;
  load: string;
  rounds: number;
  secondsPerRound: number;
  measurements: readonly Measurement[];
  startUps: readonly StartUp[];
  books: readonly BooksCheck[];
  verdicts: readonly Verdict[];
}

/** The report for people. */
export function renderReport(report: Report): string {
  const { machine, load, rounds, secondsPerRound, measurements, startUps, books, verdicts } = report;
  const workloads = [...new Set(measurements.map(({ workload }) => workload))];
  const head =
    `${machine.processors} × ${machine.model}, ${machine.system}, Bun ${machine.bun}, Node ${machine.node ?? "none"}; ` +
    `load from ${load} on the same processors; rounds: ${rounds} of ${secondsPerRound} s, medians`;
  return [
    head,
    ...workloads.flatMap((workload) => [
      "",
      ...table(
        [`${workload.name}, in a second`, "median", "lowest–highest", `of ${workload.yardstick}`],
        ["p50 ms", "p99 ms", "failed", "processors", "MB"],
        measurements.filter((one) => one.workload === workload).map((one) => rowOf(one, measurements)),
      ),
    ]),
    ...(startUps.length > 0 ? ["", ...startUpLines(startUps)] : []),
    "",
    ...table(["figure", "reached", "of the rounds", "target", ""], [], verdicts.map(verdictRow)),
    "",
    ...books.map(bookLine),
    "",
  ].join("\n");
}

/** Whether the books of a contender hold every order that it answered once, and no other order. */
export function addsUp({ least, most, inBooks }: BooksCheck): boolean {
  return least <= inBooks && inBooks <= most;
}

function bookLine(check: BooksCheck): string {
  const cutOff = check.inBooks - check.least;
  const verdict = addsUp(check) ? "" : `: WRONG, it must be ${count(check.least)} to ${count(check.most)}`;
  return `${check.contender}: ${count(check.least)} orders acknowledged, ${count(check.inBooks)} in its books (${count(cutOff)} were cut off by the end of a round)${verdict}`;
}

function rowOf({ workload, contender, rounds }: Measurement, all: readonly Measurement[]): string[] {
  if (rounds.length === 0) return [contender, "skipped: needs Node 22"];
  const rates = rounds.map((round) => rateOf(workload, round));
  const yardstick = all.find((one) => one.workload === workload && one.contender === workload.yardstick);
  const share = ratioOf(
    rates,
    (yardstick?.rounds ?? []).map((round) => rateOf(workload, round)),
  );
  return [
    contender,
    count(median(rates)),
    range(spreadOf(rates), count),
    share ? share.median.toFixed(2) : "-",
    median(rounds.map(({ p50Ms }) => p50Ms)).toFixed(2),
    median(rounds.map(({ p99Ms }) => p99Ms)).toFixed(2),
    count(rounds.reduce((sum, { failed }) => sum + failed, 0)),
    ...processesOf(rounds),
  ];
}

/** Processors kept busy, and memory, by process; medians. */
function processesOf(rounds: Measurement["rounds"]): [string, string] {
  const names = Object.keys(rounds[0]?.processes ?? {});
  const medians = (read: (use: { cores: number; residentMb: number }) => number) =>
    Object.fromEntries(
      names.map((name) => [name, median(rounds.map(({ processes }) => read(processes?.[name] ?? none)))]),
    );
  const load = median(rounds.map(({ cpuSeconds, seconds }) => cpuSeconds / seconds));
  const cores = { ...medians((use) => use.cores), ...(load > 0 && { load }) };
  return [
    named(cores, (value) => value.toFixed(2)),
    named(
      medians((use) => use.residentMb),
      count,
    ),
  ];
}

const none = { cores: NaN, residentMb: NaN };

function verdictRow({ what, value, unit, target }: Verdict): string[] {
  const shown = unit === "×" ? (number: number) => number.toFixed(2) : count;
  return [
    what,
    `${shown(value.median)} ${unit}`,
    range(value, shown),
    target ? `${target.rule} ${shown(target.bound)} ${unit}` : "-",
    target ? (target.isMet ? "met" : "NOT MET") : "",
  ];
}

/** Medians of the starts of each kind. */
function startUpLines(startUps: readonly StartUp[]): string[] {
  return [...Map.groupBy(startUps, ({ of }) => of)].map(([of, starts]) => {
    const readyMs = median(starts.map((one) => one.readyMs));
    const idleMb = Object.keys(starts[0]?.idleMb ?? {}).map(
      (name) => [name, median(starts.map((one) => one.idleMb[name] ?? NaN))] as const,
    );
    const total = idleMb.reduce((sum, [, mb]) => sum + mb, 0);
    const memory = `idle memory in MB: ${named(Object.fromEntries(idleMb), count)}, together ${count(total)}`;
    return `start, ${of}: ready after ${count(readyMs)} ms; ${memory}`;
  });
}

/** Columns as wide as their widest cell. */
function table(left: readonly string[], right: readonly string[], rows: readonly string[][]): string[] {
  const lines = [[...left, ...right], ...rows];
  const widths = [...left, ...right].map((_, column) =>
    Math.max(...lines.filter((line) => line.length > 2).map((line) => line[column]?.length ?? 0)),
  );
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function named(values: Record<string, number>, shown: (value: number) => string): string {
  const entries = Object.entries(values);
  return entries
    .map(([name, value]) => (name === "process" ? shown(value) : `${name} ${shown(value)}`))
    .join(" ");
}

function range({ lowest, highest }: Spread, shown: (value: number) => string): string {
  return `${shown(lowest)}–${shown(highest)}`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}
