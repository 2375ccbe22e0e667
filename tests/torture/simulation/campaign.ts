import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import { readLines } from "../../market.ts";
import type { Campaign, CampaignContext, CampaignReport, Violation } from "../campaign.ts";
import { quickPlace } from "./disk.ts";
import type { ScheduleReport } from "./schedule.ts";

const ownMain = new URL("./main.ts", import.meta.url).pathname;
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
  const totals = { schedules: 0, orders: 0, attempts: 0, crashes: 0, messages: 0, simulated_ms: 0 };
  const violations: Violation[] = [];
  const started = performance.now();
  const onReport = ({ figures, faults, seed: ofSchedule }: ScheduleReport): void => {
    totals.schedules += 1;
    totals.orders += figures.orders;
    totals.attempts += figures.attempts;
    totals.crashes += figures.crashes;
    totals.messages += figures.messages;
    totals.simulated_ms += Math.round(figures.simulatedMs);
    violations.push(...faults.map((fault) => ({ seed: ofSchedule, count: 1, fault })));
    progress(totals.schedules, count, `${totals.orders} orders, ${violations.length} violations`);
  };
  await Promise.all(
    Array.from({ length: Math.min(processes, count) }, async (_, index) => {
      const share = Math.ceil((count - index) / processes);
      const seconds = (deadlineMs - started) / 1_000;
      const fault = await readSchedules(
        { seed: seed + index, step: processes, count: share, seconds },
        onReport,
      );
      if (fault !== undefined) violations.push({ seed: seed + index, fault });
    }),
  );
  const minutes = (performance.now() - started) / 60_000;
  const perMinute = Math.round(totals.schedules / minutes);
  return { figures: { ...totals, schedules_per_minute: perMinute }, violations };
}

/**
 * Runs schedules in a process of its own, because time stands still around a simulation, until `isEnough`. Resolves
 * with what broke it off, if something did.
 */
export async function readSchedules(
  options: { seed: number; step: number; count: number; seconds: number },
  onReport: (report: ScheduleReport) => void,
  { main = ownMain, isEnough = () => false }: { main?: string; isEnough?: () => boolean } = {},
): Promise<string | undefined> {
  // Ours, so that it goes away with a process that was killed, too.
  const folder = mkdtempSync(join(quickPlace, "bourse-simulations-"));
  const args = Object.entries({ ...options, folder }).map(([name, value]) => `--${name}=${value}`);
  const child = Bun.spawn([process.execPath, main, ...args], { stdout: "pipe", stderr: "pipe" });
  const said = new Response(child.stderr).text();
  let heardAtMs = performance.now();
  let last = options.seed;
  const watchdog = setInterval(() => {
    if (isEnough() || performance.now() - heardAtMs > silenceMs) child.kill("SIGKILL");
  }, 250);
  await readLines(child.stdout, (line) => {
    heardAtMs = performance.now();
    const report = JSON.parse(line) as ScheduleReport;
    last = report.seed;
    onReport(report);
  });
  clearInterval(watchdog);
  const exitCode = await child.exited;
  rmSync(folder, { recursive: true, force: true });
  if (exitCode === 0 || isEnough()) return undefined;
  return `the simulation broke off after seed ${last}: ${(await said).slice(0, 500)}`;
}
