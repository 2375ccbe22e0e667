import type { CampaignContext, CampaignReport, Violation } from "./campaign.ts";
import type { Round } from "./round.ts";

export interface RoundsPlan {
  context: CampaignContext;
  /** Faults in all rounds together; the last round may inject a few more. */
  count: number;
  /** Runs one round and resolves with the number of injected faults. Its seed alone repeats it. */
  run(seed: number): Promise<{ round: Round; injected: number }>;
  /** The `--count` of one round. */
  countOfOne: number;
}

/** Runs rounds until `count` faults were injected or the time is up, and adds up their figures. */
export async function runRounds(plan: RoundsPlan): Promise<CampaignReport & { injected: number }> {
  const { context, count, countOfOne } = plan;
  const total = { rounds: 0, orders: 0, trades: 0, lookups: 0 };
  const violations: Violation[] = [];
  let injected = 0;
  // A round that fails to start is a violation, and counts as one round, so that the loop ends.
  const failed = (error: unknown) => ({
    round: { violations: [String(error)], orders: 0, trades: 0, lookups: 0 },
    injected: countOfOne,
  });
  while (injected < count && performance.now() < context.deadlineMs) {
    const seed = (context.seed + total.rounds) % 2 ** 32;
    const { round, injected: ofRound } = await plan.run(seed).catch(failed);
    injected += ofRound;
    total.rounds += 1;
    for (const figure of ["orders", "trades", "lookups"] as const) total[figure] += round[figure];
    violations.push(...round.violations.map((what) => ({ seed, count: countOfOne, what })));
    context.progress(
      Math.min(injected, count),
      count,
      `${total.orders} orders, ${violations.length} violations`,
    );
  }
  return { figures: total, violations, injected };
}
