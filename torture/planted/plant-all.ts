import type { CampaignContext, CampaignReport, Violation } from "../campaign.ts";
import type { PlantedBug } from "./planted-bug.ts";

export const catchWithinMs = 60_000;

/**
 * Tries bugs one after the other: `context.seed` picks the first, `context.count` limits their number. `catchBug`
 * resolves to the first fault that the checker reports, or to undefined when it reported none within `catchWithinMs`.
 */
export async function plantAll<Planting extends { bug: PlantedBug }>(
  context: CampaignContext,
  plantings: readonly Planting[],
  catchBug: (planting: Planting, seed: number) => Promise<string | undefined>,
): Promise<CampaignReport> {
  const count = Math.min(context.count ?? plantings.length, plantings.length);
  const violations: Violation[] = [];
  const tookMs: number[] = [];
  let tried = 0;
  for (; tried < count && performance.now() < context.deadlineMs; tried += 1) {
    const seed = (context.seed + tried) % 2 ** 32;
    const planting = plantings[seed % plantings.length]!;
    const { name } = planting.bug;
    const started = performance.now();
    const fault = await catchBug(planting, seed);
    if (fault === undefined)
      violations.push({ seed, count: 1, what: `not caught within ${catchWithinMs} ms: ${name}` });
    else tookMs.push(performance.now() - started);
    context.progress(tried + 1, count, `${name}: ${fault ?? "NOT CAUGHT"}`);
  }
  const slowestMs = Math.round(Math.max(0, ...tookMs));
  return { figures: { planted: tried, caught: tookMs.length, slowest_ms: slowestMs }, violations };
}
