import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Campaign, CampaignContext, CampaignReport, Violation } from "../campaign.ts";
import { readReports } from "../read-reports.ts";
import { fastFolder } from "./disk.ts";
import type { ScheduleReport } from "./simulate.ts";

const ownMain = fileURLToPath(new URL("./main.ts", import.meta.url));
const defaultCount = 500;
/** A schedule takes milliseconds: a process without a report for so long is in an endless loop. */
const silenceMs = 60_000;

export const simulation: Campaign = {
  name: "simulation",
  describe:
    "the three services in one process, with simulated time, network and crashes that follow from a seed",
  run: (context) => runSchedules(context, availableParallelism()),
};

async function runSchedules(context: CampaignContext, processes: number): Promise<CampaignReport> {
  const { seed, count = defaultCount, deadlineMs, progress } = context;
  const totals = { schedules: 0, orders: 0, attempts: 0, crashes: 0, messages: 0 };
  let simulatedMs = 0;
  let trace = 0n;
  const violations: Violation[] = [];
  const started = performance.now();
  const onReport = ({ figures, violations: found, seed: ofSchedule, traceHash }: ScheduleReport): void => {
    totals.schedules += 1;
    totals.orders += figures.orders;
    totals.attempts += figures.attempts;
    totals.crashes += figures.crashes;
    totals.messages += figures.messages;
    simulatedMs += figures.simulatedMs;
    // XOR: independent of the order in which the processes report.
    trace ^= BigInt(`0x${traceHash.slice(0, 16)}`);
    violations.push(...found.map((what) => ({ seed: ofSchedule, count: 1, what })));
    progress(totals.schedules, count, `${totals.orders} orders, ${violations.length} violations`);
  };
  await Promise.all(
    Array.from({ length: Math.min(processes, count) }, async (_, index) => {
      const share = Math.ceil((count - index) / processes);
      const seconds = (deadlineMs - started) / 1_000;
      const failure = await readSchedules(
        { seed: seed + index, step: processes, count: share, seconds },
        onReport,
      );
      if (failure) violations.push({ ...failure, count: 1 });
    }),
  );
  const minutes = (performance.now() - started) / 60_000;
  const figures = {
    ...totals,
    simulated_minutes: Math.round(simulatedMs / 60_000),
    schedules_per_minute: Math.round(totals.schedules / minutes),
    trace: trace.toString(16).padStart(16, "0"),
  };
  return { figures, violations };
}

/**
 * Runs schedules in a process of its own, because a simulation blocks its event loop, until `isEnough`. If the process
 * ends before, resolves with the reason and the seed of the schedule that it was running.
 */
export async function readSchedules(
  options: { seed: number; step: number; count: number; seconds: number },
  onReport: (report: ScheduleReport) => void,
  { main = ownMain, isEnough = () => false }: { main?: string; isEnough?: () => boolean } = {},
): Promise<{ seed: number; what: string } | undefined> {
  // Made here, so that it is removed also when that process is killed.
  const folder = mkdtempSync(join(fastFolder, "bourse-simulations-"));
  let reports = 0;
  const failure = await readReports<ScheduleReport>(
    { main, options: { ...options, folder }, silenceMs, isEnough },
    (report) => {
      reports += 1;
      onReport(report);
    },
  );
  rmSync(folder, { recursive: true, force: true });
  if (failure === undefined) return undefined;
  const seed = (options.seed + reports * options.step) % 2 ** 32;
  return { seed, what: `the simulation: ${failure}` };
}
