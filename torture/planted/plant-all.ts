import type { CampaignContext, CampaignReport, Violation } from "../campaign.ts";
import type { Edit } from "./mutated-copy.ts";

/** A mistake that somebody could make in the services. */
export interface Mistake {
  name: string;
  edits: readonly Edit[];
}

export const catchWithinMs = 60_000;

/**
 * Tries the mistakes one after the other: the seed says which comes first, `count` how many there are to be. `caught`
 * resolves to the first thing that is noticed of one, and to undefined when nothing was in time.
 */
export async function plantAll<Bug extends Mistake>(
  context: CampaignContext,
  bugs: readonly Bug[],
  caught: (bug: Bug, seed: number) => Promise<string | undefined>,
): Promise<CampaignReport> {
  const count = Math.min(context.count ?? bugs.length, bugs.length);
  const violations: Violation[] = [];
  const tookMs: number[] = [];
  let tried = 0;
  for (; tried < count && performance.now() < context.deadlineMs; tried += 1) {
    const seed = (context.seed + tried) % 2 ** 32;
    const bug = bugs[seed % bugs.length]!;
    const started = performance.now();
    const fault = await caught(bug, seed);
    if (fault === undefined)
      violations.push({ seed, count: 1, fault: `not caught within ${catchWithinMs} ms: ${bug.name}` });
    else tookMs.push(performance.now() - started);
    context.progress(tried + 1, count, `${bug.name}: ${fault ?? "NOT CAUGHT"}`);
  }
  const slowestMs = Math.round(Math.max(0, ...tookMs));
  return { figures: { planted: tried, caught: tookMs.length, slowest_ms: slowestMs }, violations };
}
