import type { CampaignReport } from "./campaign.ts";

export interface Result {
  campaign: string;
  tookMs: number;
  report: CampaignReport;
}

const shownViolations = 5;

/** What the campaigns came to, for people: a table, then each violation with the command that repeats it. */
export function renderSummary(results: readonly Result[]): string {
  const rows = [["campaign", "took", "violations", "figures"], ...results.map(rowOf)];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${[...table, ...results.flatMap(violationsOf)].join("\n")}\n`;
}

function rowOf({ campaign, tookMs, report: { figures, violations, skipped } }: Result): string[] {
  const seconds = `${(tookMs / 1_000).toFixed(1)} s`;
  if (skipped !== undefined) return [campaign, seconds, "-", `skipped: ${skipped}`];
  const shown = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  return [campaign, seconds, String(violations.length), shown.join(", ")];
}

function violationsOf({ campaign, report: { violations } }: Result): string[] {
  const lines = violations.slice(0, shownViolations).flatMap(({ seed, count, fault }) => {
    const only = count === undefined ? "" : ` --count ${count}`;
    return [
      "",
      `${campaign}, seed ${seed}: ${fault}`,
      `  again: bun run torture --campaign ${campaign} --seed ${seed}${only}`,
    ];
  });
  const more = violations.length - shownViolations;
  return more > 0 ? [...lines, "", `${campaign}: ${more} more violations`] : lines;
}
