import type { Campaign, CampaignContext, CampaignReport, Violation } from "../campaign.ts";
import { buildFaults, noFaultsBecause } from "../faults/library.ts";
import { playPowerCuts } from "./round.ts";
import { describeState, type StateReport } from "./state-report.ts";

const statesOfRecording = 1_000;

export const powerCut: Campaign = {
  name: "power-cut",
  describe:
    "what a power cut may leave on the disks (unsynced writes kept, dropped, torn), and a start on each",
  async run(context) {
    const skipped = noFaultsBecause();
    return skipped ? { figures: {}, violations: [], skipped } : await playRecordings(context);
  },
};

/** One recording after the other, each with its share of the states. */
async function playRecordings(context: CampaignContext): Promise<CampaignReport> {
  const { count = statesOfRecording, deadlineMs } = context;
  const startedMs = performance.now();
  const states = { start: 0, ask: 0, processes: 0 };
  const changes = { kept: 0, dropped: 0, torn: 0 };
  const total = { states: 0, cuts: 0, recordings: 0, orders: 0, answers_checked: 0 };
  const violations: Violation[] = [];
  using faults = buildFaults();
  while (total.states < count && performance.now() < deadlineMs) {
    const seed = (context.seed + total.recordings) % 2 ** 32;
    const cuts = new Set<number>();
    const onReport = (report: StateReport): void => {
      total.states += 1;
      total.answers_checked += report.answers;
      states[report.kind] += 1;
      for (const fate of ["kept", "dropped", "torn"] as const) changes[fate] += report.fates[fate];
      cuts.add(report.cut);
      const described = report.faults.map((fault) => `${describeState(report)}: ${fault}`);
      violations.push(...described.map((fault) => ({ seed, count: report.index + 1, fault })));
      context.progress(total.states, count, `${violations.length} violations`);
    };
    const recorded = await playPowerCuts({
      seed,
      faults,
      states: Math.min(statesOfRecording, count - total.states),
      isEnough: () => performance.now() > deadlineMs,
      onReport,
    }).catch((error) => ({ orders: 0, faults: [`nothing was recorded: ${String(error)}`] }));
    violations.push(...recorded.faults.map((fault) => ({ seed, count: 1, fault })));
    total.recordings += 1;
    total.orders += recorded.orders;
    total.cuts += cuts.size;
    // Without a recording there are no states, and this is to come to an end.
    if (cuts.size === 0) break;
  }
  const minutes = (performance.now() - startedMs) / 60_000;
  return {
    figures: {
      ...total,
      ...changes,
      asked_again: states.ask + states.processes,
      with_processes: states.processes,
      states_per_minute: Math.round(total.states / minutes),
    },
    violations,
  };
}
