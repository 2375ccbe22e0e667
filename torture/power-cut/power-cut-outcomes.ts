import type { Random } from "../../testing/random.ts";

/** What a power cut makes of a change that was not synced. */
export type ChangeOutcome = "kept" | "dropped" | "torn";

const patterns = ["none", "all", "some", "up to", "all but one"] as const;
/** Which of the unsynced changes of a file are kept. */
type Pattern = (typeof patterns)[number];

/** Decides what becomes of each unsynced change. */
export interface OutcomePolicy {
  /** For one file ("": the folder) with `count` unsynced changes; the result is called once for each, in order. */
  of(file: string, count: number): (canTear: boolean) => ChangeOutcome;
  /** The sectors of a torn write that are on the disk. */
  someOf<T>(sectors: readonly T[]): T[];
  /** Whether a file has grown although the write that made it grow is lost. */
  growsAnyway(): boolean;
}

export const keepAll: OutcomePolicy = { of: () => () => "kept", someOf: () => [], growsAnyway: () => false };

/**
 * No change is kept, all are, some (as if written in another order), all up to a torn one, or all but one. Half of the
 * time each file has a pattern of its own: then the catalog may have lost what the ledger has, or the other way round.
 */
export class RandomOutcomes implements OutcomePolicy {
  readonly #random: Random;
  readonly #commonPattern: Pattern | undefined;
  readonly #mayGrow: boolean;

  constructor(random: Random) {
    this.#random = random;
    this.#commonPattern = random.chance(0.5) ? random.pick(patterns) : undefined;
    this.#mayGrow = random.chance(0.5);
  }

  of(_file: string, count: number): (canTear: boolean) => ChangeOutcome {
    const random = this.#random;
    const pattern = this.#commonPattern ?? random.pick(patterns);
    const chosen = random.integer(0, Math.max(0, count - 1));
    const share = random.pick([0.1, 0.5, 0.9]);
    let index = -1;
    return (canTear) => {
      index += 1;
      switch (pattern) {
        case "none":
          return "dropped";
        case "all":
          return "kept";
        case "some":
          if (canTear && random.chance(0.25)) return "torn";
          return random.chance(share) ? "kept" : "dropped";
        case "up to":
          if (index === chosen) return canTear ? "torn" : "dropped";
          return index < chosen ? "kept" : "dropped";
        case "all but one":
          if (index !== chosen) return "kept";
          return canTear && random.chance(0.5) ? "torn" : "dropped";
      }
    };
  }

  /** At least one is kept and at least one is lost. */
  someOf<T>(sectors: readonly T[]): T[] {
    const missing = this.#random.integer(0, sectors.length - 1);
    const there = (missing + this.#random.integer(1, sectors.length - 1)) % sectors.length;
    return sectors.filter((_, index) => index !== missing && (index === there || this.#random.chance(0.5)));
  }

  growsAnyway(): boolean {
    return this.#mayGrow && this.#random.chance(0.5);
  }
}
