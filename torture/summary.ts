import type { Shape } from "../testing/market.ts";
import type { CampaignReport } from "./campaign.ts";

export interface Result {
  campaign: string;
  shape: Shape;
  tookMs: number;
  report: CampaignReport;
}

const shownViolations = 5;
const lineChars = 100;

/** The results for people: a table, then the violations, each with the command that repeats it. */
export function renderSummary(results: readonly Result[]): string {
  const rows = [["campaign", "took", "violations", "figures"], ...results.map(rowOf)];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const indent = widths.reduce((sum, width) => sum + width + 2, 0);
  const table = rows.map(([campaign, took, violations, figures = ""]) => {
    const start = [campaign, took, violations].map((cell = "", column) => cell.padEnd(widths[column] ?? 0));
    return [...start, wrapped(figures, indent)].join("  ").trimEnd();
  });
  return `${[...table, ...results.flatMap(violationsOf)].join("\n")}\n`;
}

function rowOf({ campaign, tookMs, report: { figures, violations, skipped } }: Result): string[] {
  const seconds = `${(tookMs / 1_000).toFixed(1)} s`;
  if (skipped !== undefined) return [campaign, seconds, "-", `skipped: ${skipped}`];
  const shown = Object.entries(figures).map(([name, value]) => {
    const text =
      typeof value === "number" ? value.toLocaleString("en-US", { maximumFractionDigits: 6 }) : value;
    return `${name.replaceAll("_", " ")} ${text}`;
  });
  return [campaign, seconds, String(violations.length), shown.join(", ")];
}

/** Figures on as many lines as they need, each indented below the first. */
function wrapped(figures: string, indent: number): string {
  const lines = [""];
  for (const figure of figures.split(/(?<=,) /)) {
    const last = lines.at(-1) ?? "";
    if (last !== "" && indent + last.length + 1 + figure.length > lineChars) lines.push(figure);
    else lines[lines.length - 1] = last === "" ? figure : `${last} ${figure}`;
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}

function violationsOf({ campaign, shape, report: { violations } }: Result): string[] {
  const lines = violations.slice(0, shownViolations).flatMap(({ seed, count, what }) => {
    const onShape = shape === "services" ? "" : ` --shape ${shape}`;
    const only = count === undefined ? "" : ` --count ${count}`;
    return [
      "",
      `${campaign}, seed ${seed}: ${what}`,
      `  again: bun run torture --campaign ${campaign} --seed ${seed}${only}${onShape}`,
    ];
  });
  const more = violations.length - shownViolations;
  return more > 0 ? [...lines, "", `${campaign}: ${more} more violations`] : lines;
}
