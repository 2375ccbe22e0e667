import type { Campaign, CampaignContext, CampaignReport, Violation } from "../campaign.ts";
import { buildFaults, noFaultsBecause } from "../faults/library.ts";
import { runPowerCuts } from "./round.ts";
import { describeState, type StateReport } from "./state-report.ts";

const statesOfRecording = 1_000;

export const powerCut: Campaign = {
  name: "power-cut",
  describe: "power cuts: unsynced writes are kept, dropped or torn, and the market restarts on what is left",
  shapes: ["services", "one-process"],
  async run(context) {
    const skipped = noFaultsBecause();
    return skipped ? { figures: {}, violations: [], skipped } : await runRecordings(context);
  },
};

/** One recording after the other, until there were `count` states. */
async function runRecordings(context: CampaignContext): Promise<CampaignReport> {
  const { count = statesOfRecording, deadlineMs } = context;
  const startedMs = performance.now();
  const states = { services: 0, frontend: 0, processes: 0 };
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
      for (const outcome of ["kept", "dropped", "torn"] as const)
        changes[outcome] += report.outcomes[outcome];
      cuts.add(report.cut);
      const described = report.violations.map((what) => `${describeState(report)}: ${what}`);
      violations.push(...described.map((what) => ({ seed, count: report.index + 1, what })));
      context.progress(total.states, count, `${violations.length} violations`);
    };
    const recorded = await runPowerCuts({
      seed,
      shape: context.shape,
      faults,
      states: Math.min(statesOfRecording, count - total.states),
      mustEnd: () => performance.now() > deadlineMs,
      onReport,
    }).catch((error) => ({ orders: 0, violations: [`nothing was recorded: ${String(error)}`] }));
    violations.push(...recorded.violations.map((what) => ({ seed, count: 1, what })));
    total.recordings += 1;
    total.orders += recorded.orders;
    total.cuts += cuts.size;
    // A recording that failed gives no states: end here.
    if (cuts.size === 0) break;
  }
  const minutes = (performance.now() - startedMs) / 60_000;
  return {
    figures: {
      ...total,
      ...changes,
      with_repeats: states.frontend + states.processes,
      with_processes: states.processes,
      states_per_minute: Math.round(total.states / minutes),
    },
    violations,
  };
}
