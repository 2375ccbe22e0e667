import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Campaign, CampaignContext, CampaignReport, Violation } from "../campaign.ts";
import { readReports } from "../read-reports.ts";
import { quickPlace } from "./disk.ts";
import type { ScheduleReport } from "./schedule.ts";

const ownMain = fileURLToPath(new URL("./main.ts", import.meta.url));
const defaultCount = 500;
/** A schedule takes milliseconds: whoever says nothing for so long turns in a circle. */
const silenceMs = 60_000;

export const simulation: Campaign = {
  name: "simulation",
  describe: "the three services in one process, under a clock, a network and crashes that follow from a seed",
  run: (context) => runSchedules(context, availableParallelism()),
};

async function runSchedules(context: CampaignContext, processes: number): Promise<CampaignReport> {
  const { seed, count = defaultCount, deadlineMs, progress } = context;
  const totals = { schedules: 0, orders: 0, attempts: 0, crashes: 0, messages: 0 };
  let simulatedMs = 0;
  let trace = 0n;
  const violations: Violation[] = [];
  const started = performance.now();
  const onReport = ({ figures, faults, seed: ofSchedule, traceHash }: ScheduleReport): void => {
    totals.schedules += 1;
    totals.orders += figures.orders;
    totals.attempts += figures.attempts;
    totals.crashes += figures.crashes;
    totals.messages += figures.messages;
    simulatedMs += figures.simulatedMs;
    // The same whichever process was faster.
    trace ^= BigInt(`0x${traceHash.slice(0, 16)}`);
    violations.push(...faults.map((fault) => ({ seed: ofSchedule, count: 1, fault })));
    progress(totals.schedules, count, `${totals.orders} orders, ${violations.length} violations`);
  };
  await Promise.all(
    Array.from({ length: Math.min(processes, count) }, async (_, index) => {
      const share = Math.ceil((count - index) / processes);
      const seconds = (deadlineMs - started) / 1_000;
      const broke = await readSchedules(
        { seed: seed + index, step: processes, count: share, seconds },
        onReport,
      );
      if (broke) violations.push({ ...broke, count: 1 });
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
 * Runs schedules in a process of its own, because time stands still around a simulation, until `isEnough`. Resolves
 * with what broke it off, if something did, and the seed of the schedule that it was in.
 */
export async function readSchedules(
  options: { seed: number; step: number; count: number; seconds: number },
  onReport: (report: ScheduleReport) => void,
  { main = ownMain, isEnough = () => false }: { main?: string; isEnough?: () => boolean } = {},
): Promise<{ seed: number; fault: string } | undefined> {
  // Ours, so that it goes away with a process that was killed, too.
  const folder = mkdtempSync(join(quickPlace, "bourse-simulations-"));
  let reports = 0;
  const broke = await readReports<ScheduleReport>(
    { main, options: { ...options, folder }, silenceMs, isEnough },
    (report) => {
      reports += 1;
      onReport(report);
    },
  );
  rmSync(folder, { recursive: true, force: true });
  if (broke === undefined) return undefined;
  const seed = (options.seed + reports * options.step) % 2 ** 32;
  return { seed, fault: `the simulation: ${broke}` };
}
