import { writeFileSync } from "node:fs";

import { runSubcommand } from "../cli/run.ts";
import type { Campaign, CampaignReport } from "./campaign.ts";
import { campaigns } from "./campaigns.ts";
import { startCampaignProgress } from "./campaign-progress.ts";
import { exitCodes, readOptions, type TortureOptions } from "./options.ts";
import { renderSummary, type Result } from "./summary.ts";

/** Runs the chosen campaigns and returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, campaigns);
  const chosen = campaigns.filter(({ name }) => options.campaign === "all" || options.campaign === name);
  const results: Result[] = [];
  for (const campaign of chosen) results.push(await runOne(campaign, options, chosen.length));

  process.stdout.write(renderSummary(results));
  const isClean = results.every(({ report }) => report.violations.length === 0);
  if (options.json)
    writeFileSync(options.json, `${JSON.stringify({ ok: isClean, seed: options.seed, results }, null, 2)}\n`);
  return isClean ? exitCodes.ok : exitCodes.violation;
}

/** With `--minutes`, each of the chosen campaigns gets an equal part of them. */
async function runOne(campaign: Campaign, options: TortureOptions, campaignCount: number): Promise<Result> {
  const started = performance.now();
  const { shape } = options;
  if (!(campaign.shapes ?? ["services"]).includes(shape)) {
    const skipped = `it does not run on the shape ${shape}`;
    return { campaign: campaign.name, shape, tookMs: 0, report: { figures: {}, violations: [], skipped } };
  }
  const limitMs = options.minutes === undefined ? Infinity : (options.minutes * 60_000) / campaignCount;
  const progress = startCampaignProgress(campaign.name, limitMs);
  // With --minutes and no --count, only the time is a limit.
  const count = options.count ?? (options.minutes === undefined ? undefined : Number.MAX_SAFE_INTEGER);
  let report: CampaignReport;
  try {
    report = await campaign.run({
      shape,
      seed: options.seed,
      count,
      deadlineMs: started + limitMs,
      progress: progress.report,
    });
  } catch (error) {
    report = {
      figures: {},
      violations: [{ seed: options.seed, what: `the campaign failed: ${String(error)}` }],
    };
  } finally {
    progress.stop();
  }
  return { campaign: campaign.name, shape, tookMs: Math.round(performance.now() - started), report };
}

await runSubcommand(
  { name: "torture", exitCodes: { usage: exitCodes.failed, failed: exitCodes.failed }, run: main },
  process.argv.slice(2),
);
// Connections that a campaign leaves open do not keep the process.
process.exit();
