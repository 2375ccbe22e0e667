import { startProgress } from "../cli/progress.ts";
import type { CampaignContext } from "./campaign.ts";

export interface CampaignProgress {
  report: CampaignContext["progress"];
  stop(): void;
}

/**
 * Shows on standard error how far a campaign is, by what is done or by the time, whichever comes to its end first.
 * `limitMs`: Infinity when the time is no limit.
 */
export function startCampaignProgress(campaign: string, limitMs: number): CampaignProgress {
  const startedMs = performance.now();
  const progress = startProgress(campaign);
  return {
    report(done, of, note = "") {
      const tookMs = performance.now() - startedMs;
      const count = of === Number.MAX_SAFE_INTEGER ? String(done) : `${done} of ${of}`;
      const time = limitMs === Infinity ? "" : `${minutes(tookMs)} of ${minutes(limitMs)} minutes`;
      const text = [count, time, note].filter((part) => part !== "").join(", ");
      progress.update(Math.max(done / of, tookMs / limitMs), text);
    },
    stop: () => progress.stop(),
  };
}

function minutes(ms: number): string {
  return (ms / 60_000).toFixed(1);
}
