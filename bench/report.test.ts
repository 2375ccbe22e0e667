import { expect, test } from "bun:test";

import { renderChart } from "./chart.ts";
import type { Round } from "./contenders.ts";
import type { Measurement } from "./measure.ts";
import { essential, targets, workloads } from "./plan.ts";
import { addsUp, renderReport, type Report } from "./report.ts";
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

/** Bourse is twice as fast as all others, and waits a tenth as long. */
const measurements: Measurement[] = workloads.flatMap((workload) =>
  workload.contenders.map((contender) => ({
    workload,
    contender,
    rounds: contender === "Bourse" ? [round(200, 1), round(400, 3)] : [round(100, 10), round(200, 30)],
  })),
);

const report: Report = {
  at: "2026-01-01T00:00:00.000Z",
  machine: { processors: 2, model: "abacus", system: "linux x64", bun: "1.4.5", node: undefined },
  load: "wrk",
  rounds: 2,
  secondsPerRound: 2,
  measurements,
  startUps: [{ readyMs: 900, idleMb: { catalog: 60, order: 50, frontend: 55 } }],
  books: [{ contender: "Bourse", least: 10, most: 14, inBooks: 12 }],
  verdicts: judgeRatios(measurements),
};

test("every target is about a workload that both sides take part in, in a quick run too", () => {
  for (const { workload, against } of targets) {
    const named = workloads.find(({ name }) => name === workload);
    expect(named && essential(named).contenders).toContainValues(["Bourse", against]);
  }
});

test("a rate has to reach its bound, a latency has to stay within it", () => {
  const verdicts = judgeRatios(measurements);
  expect(verdicts).toHaveLength(targets.length);
  for (const { rule, bound, value, isMet } of verdicts) {
    expect(value.median).toBe(rule === "at least" ? 2 : 0.1);
    expect(isMet).toBe(rule === "at least" ? 2 >= bound : bound >= 0.1);
  }
  expect(verdicts.map(({ isMet }) => isMet)).toContain(false);
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

test("the start is judged by the time and by the memory of the three services together", () => {
  const [ready, idle] = judgeStartUps(report.startUps);
  expect([ready?.value.median, ready?.isMet]).toEqual([900, true]);
  expect([idle?.value.median, idle?.isMet]).toEqual([165, true]);
  expect(judgeStartUps([{ readyMs: 1_100, idleMb: {} }]).map(({ isMet }) => isMet)).toEqual([false]);
});

test("the report gives each rate with its range, its share of the yardstick, and what each process used", () => {
  const lines = renderReport(report).split("\n");
  const row = lines.find((line) => line.startsWith("Bourse "))?.split(/ {2,}/);
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

test("answers without a row, and rows that nobody asked for, are called wrong", () => {
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
