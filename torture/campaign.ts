import type { Shape } from "../testing/market.ts";

/** A torture test of one kind. */
export interface Campaign {
  name: string;
  /** One line for the help: which faults it injects, and how. */
  describe: string;
  /** The shapes of a market that it can run on; by default only `services`. */
  shapes?: readonly Shape[];
  run(context: CampaignContext): Promise<CampaignReport>;
}

export interface CampaignContext {
  shape: Shape;
  /** Every random choice follows from it. */
  seed: number;
  /** How many faults to inject (or schedules to run); undefined: the campaign's own default. */
  count: number | undefined;
  /** No new round begins after this time of `performance.now()`; Infinity: no limit. */
  deadlineMs: number;
  /** Reports progress, as often as the campaign likes: `done` of `of`. */
  progress(done: number, of: number, note?: string): void;
}

export interface Violation {
  /** The `--seed` that repeats the round. */
  seed: number;
  /** The `--count` that runs this round and no other, where it is not the default. */
  count?: number;
  /** Which guarantee is broken, a sentence. */
  what: string;
}

export interface CampaignReport {
  /** By name, with the unit last, in the order to print: `{kills: 30, orders: 10210, recovery_ms_p50: 210}`. */
  figures: Record<string, number | string>;
  violations: Violation[];
  /** Why nothing could run ("needs a C compiler"). */
  skipped?: string;
}
