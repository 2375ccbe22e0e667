import { expect, test } from "bun:test";

import { renderSummary } from "./summary.ts";

test("a violation is told with the command that repeats it, and no more than it", () => {
  const violations = [{ seed: 41, count: 1, what: "order 7 was acknowledged, and is not found" }];
  const summary = renderSummary([
    {
      campaign: "simulation",
      shape: "services",
      tookMs: 1_250,
      report: { figures: { schedules: 3_000 }, violations },
    },
  ]);
  expect(summary).toBe(
    [
      "campaign    took   violations  figures",
      "simulation  1.3 s  1           schedules 3,000",
      "",
      "simulation, seed 41: order 7 was acknowledged, and is not found",
      "  again: bun run torture --campaign simulation --seed 41 --count 1",
      "",
    ].join("\n"),
  );
});

test("many figures go on below the first, within a terminal's width", () => {
  const figures = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`figure_${index}_ms`, 1_000]));
  const [, row = "", ...more] = renderSummary([
    { campaign: "kill", shape: "services", tookMs: 0, report: { figures, violations: [] } },
  ])
    .trimEnd()
    .split("\n");
  const start = row.indexOf("figure 0 ms");
  for (const line of [row, ...more]) expect(line.length).toBeLessThanOrEqual(100);
  for (const line of more) expect(line.search(/\S/)).toBe(start);
  expect(more.length).toBeGreaterThan(1);
});
