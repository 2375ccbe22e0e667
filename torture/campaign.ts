/** One way of breaking the market, and what it may be told. */
export interface Campaign {
  name: string;
  /** One line for people: what is broken, and how. */
  describe: string;
  run(context: CampaignContext): Promise<CampaignReport>;
}

export interface CampaignContext {
  /** Whatever a campaign draws comes from here: the same seed makes the same choices. */
  seed: number;
  /** How many faults to inject (or schedules to run); undefined is the campaign's own default. */
  count: number | undefined;
  /** No new round begins after this point of `performance.now()`; Infinity is no limit. */
  deadlineMs: number;
  /** Tells how far it is: a campaign calls it as often as it likes. `of` is what `done` runs to. */
  progress(done: number, of: number, note?: string): void;
}

export interface Violation {
  /** Runs the failing part again: the seed to give to `--seed`. */
  seed: number;
  /** The `--count` that runs that part and no more, where it is not the default. */
  count?: number;
  /** What does not hold, a sentence. */
  fault: string;
}

export interface CampaignReport {
  /** Figures by their plain names (units last), in the order to print them: `{kills: 30, orders: 10210, recovery_ms_p50: 210}`. */
  figures: Record<string, number | string>;
  violations: Violation[];
  /** Why nothing ran, when nothing could ("needs a C compiler"). */
  skipped?: string;
}
