import type { CampaignContext, CampaignReport, Violation } from "./campaign.ts";
import type { Round } from "./round.ts";

export interface RoundsPlan {
  context: CampaignContext;
  /** Faults in all; the last round may go a little past it. */
  count: number;
  /** Plays one round and says how many faults it injected. Its seed alone repeats it. */
  play(seed: number): Promise<{ round: Round; injected: number }>;
  /** The `--count` that makes one round. */
  countOfOne: number;
}

/** Plays rounds until enough was broken or the time is up, and adds up what they came to. */
export async function playRounds(plan: RoundsPlan): Promise<CampaignReport & { injected: number }> {
  const { context, count, countOfOne } = plan;
  const total = { rounds: 0, orders: 0, trades: 0, lookups: 0 };
  const violations: Violation[] = [];
  let injected = 0;
  // What keeps a round from being played at all is a violation too, and counts, so that this comes to an end.
  const failed = (error: unknown) => ({
    round: { faults: [String(error)], orders: 0, trades: 0, lookups: 0 },
    injected: countOfOne,
  });
  while (injected < count && performance.now() < context.deadlineMs) {
    const seed = (context.seed + total.rounds) % 2 ** 32;
    const { round, injected: ofRound } = await plan.play(seed).catch(failed);
    injected += ofRound;
    total.rounds += 1;
    for (const figure of ["orders", "trades", "lookups"] as const) total[figure] += round[figure];
    violations.push(...round.faults.map((fault) => ({ seed, count: countOfOne, fault })));
    context.progress(
      Math.min(injected, count),
      count,
      `${total.orders} orders, ${violations.length} violations`,
    );
  }
  return { figures: total, violations, injected };
}
