import { expect, test } from "bun:test";

import { renderChart } from "./chart.ts";
import type { Round } from "./contenders.ts";
import type { Measurement } from "./measure.ts";
import {
  comparisons,
  essential,
  olderRelease,
  targets,
  withOlderRelease,
  workloads,
  type Workload,
} from "./plan.ts";
import { addsUp, renderReport, type Report } from "./report.ts";
import type { StartUp } from "./start-up.ts";
import { judgeRatios, judgeStartUps } from "./verdict.ts";

const round = (answered: number, p50Ms: number): Round => ({
  answered,
  failed: 0,
  seconds: 2,
  p50Ms,
  p99Ms: 9,
  cpuSeconds: 1,
  orders: { least: answered, most: answered },
  processes: { frontend: { cores: 0.5, residentMb: 70 }, order: { cores: 0.25, residentMb: 60 } },
});

/** Both shapes of Bourse are twice as fast as all others, and their clients wait a tenth as long. */
const measurements: Measurement[] = workloads.map(withOlderRelease).flatMap((workload) =>
  workload.contenders.map((contender) => ({
    workload,
    contender,
    rounds:
      contender === "Bourse" || contender === "Bourse, one process"
        ? [round(200, 1), round(400, 3)]
        : [round(100, 10), round(200, 30)],
  })),
);

const report: Report = {
  at: "2026-01-01T00:00:00.000Z",
  machine: { processors: 2, model: "abacus", system: "linux x64", bun: "1.4.5", node: undefined },
  load: "wrk",
  rounds: 2,
  secondsPerRound: 2,
  measurements,
  startUps: [
    { of: "three processes", readyMs: 900, idleMb: { catalog: 60, order: 50, frontend: 55, supervisor: 40 } },
  ],
  books: [{ contender: "Bourse", least: 10, most: 14, inBooks: 12 }],
  verdicts: judgeRatios(measurements),
};

function named(workload: string): Workload {
  return workloads.find(({ name }) => name === workload)!;
}

test("every figure is about a workload that both sides take part in; every target is in a quick run too", () => {
  for (const { workload, of, against } of comparisons)
    expect(withOlderRelease(named(workload)).contenders).toContainValues([of, against]);
  for (const { workload, of, against } of targets)
    expect(withOlderRelease(essential(named(workload))).contenders).toContainValues([of, against]);
});

test("without an older release beside it, no workload has one", () => {
  expect(workloads.flatMap(({ contenders }): readonly string[] => contenders)).not.toContain(olderRelease);
});

test("a rate has to reach its bound, a latency has to stay within it, and a figure for information has none", () => {
  const verdicts = judgeRatios(measurements);
  expect(verdicts.map(({ target }) => target?.bound)).toEqual(comparisons.map(({ bound }) => bound));
  for (const [index, { value, target }] of verdicts.entries()) {
    const { figure } = comparisons[index]!;
    expect(value.median).toBe(figure === "rate" ? 2 : 0.1);
    if (target)
      expect(target).toMatchObject({ rule: figure === "rate" ? "at least" : "at most", isMet: true });
  }
  const [lookups] = targets;
  const judged = (bound: number, figure: "rate" | "p50" | "time") =>
    judgeRatios(measurements, [{ ...lookups!, figure, bound }])[0]?.target?.isMet;
  expect([judged(2, "rate"), judged(2.01, "rate")]).toEqual([true, false]);
  expect([judged(0.1, "p50"), judged(0.09, "p50")]).toEqual([true, false]);
  expect([judged(0.5, "time"), judged(0.49, "time")]).toEqual([true, false]);
});

test("a target is left out, not missed, when one of its sides was not measured", () => {
  const skipped = measurements.map((one) =>
    one.contender === "Fastify, Node 22" ? { ...one, rounds: [] } : one,
  );
  expect(judgeRatios(skipped).map(({ what }) => what)).toEqual(
    judgeRatios(measurements)
      .map(({ what }) => what)
      .filter((what) => !what.includes("Fastify")),
  );
  const text = renderReport({ ...report, measurements: skipped });
  expect(text).toMatch(/Fastify, Node 22 +skipped: needs Node 22/);
});

test("a start is judged by its time and its memory: one process whole, three services without their supervisor", () => {
  const one: StartUp = { of: "one process", readyMs: 310, idleMb: { market: 80 } };
  const rows = judgeStartUps([one, ...report.startUps]).map(({ what, value, target }) => [
    what,
    value.median,
    target?.isMet,
  ]);
  expect(rows).toEqual([
    ["one process: ready", 310, false],
    ["one process: idle memory", 80, true],
    ["three processes: ready", 900, true],
    ["three processes: idle memory", 165, true],
  ]);
  expect(judgeStartUps([{ ...one, idleMb: {} }]).map(({ what }) => what)).toEqual(["one process: ready"]);
});

test("a start may take little more time and memory than the older release", () => {
  const older: StartUp = { of: "older release", readyMs: 870, idleMb: { catalog: 150, supervisor: 10 } };
  const ratios = judgeStartUps([...report.startUps, older]).filter(({ unit }) => unit === "×");
  expect(ratios.map(({ value, target }) => [value.median, target?.isMet])).toEqual([
    [900 / 870, true],
    [165 / 150, false],
  ]);
});

test("the report has one line for each kind of start, with all its processes", () => {
  expect(renderReport(report)).toContain(
    "start, three processes: ready after 900 ms; idle memory in MB: catalog 60 order 50 frontend 55 supervisor 40, together 205",
  );
});

test("a figure without a target has no verdict", () => {
  const row = renderReport(report)
    .split("\n")
    .find((line) => line.includes("median latency of Bourse against Elysia"))
    ?.split(/ {2,}/);
  expect(row).toEqual([
    "one client, one order at a time: median latency of Bourse against Elysia, bun:sqlite",
    "0.10 ×",
    "0.10–0.10",
    "-",
  ]);
});

test("the report gives each rate with its range, its share of the yardstick, and what each process used", () => {
  const lines = renderReport(report).split("\n");
  const row = lines.find((line) => line.startsWith("Bourse  "))?.split(/ {2,}/);
  expect(row).toEqual([
    "Bourse",
    "150",
    "100–200",
    "2.00",
    "2.00",
    "9.00",
    "0",
    "frontend 0.50 order 0.25 load 0.50",
    "frontend 70 order 60",
  ]);
});

test("acknowledged orders that are missing, and orders that no client sent, are called wrong", () => {
  const check = { contender: "Bourse", least: 10, most: 14 } as const;
  expect([9, 10, 14, 15].map((inBooks) => addsUp({ ...check, inBooks }))).toEqual([false, true, true, false]);
  expect(renderReport({ ...report, books: [{ ...check, inBooks: 9 }] })).toContain("WRONG");
  expect(renderReport(report)).not.toContain("WRONG");
});

test("the chart shows each contender that took part, and is well-formed", async () => {
  const svg = renderChart(measurements);
  expect(svg.match(/<rect x=/g)).toHaveLength(measurements.length);
  expect(svg).toContain("frontend&#39;s echo</text>");
  const open: string[] = [];
  for (const [tag, slash, name, selfClosing] of svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (slash) expect([open.pop(), tag]).toEqual([name, tag]);
    else if (!selfClosing) open.push(String(name));
  }
  expect(open).toEqual([]);
});
