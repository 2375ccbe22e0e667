import type { Random } from "../../testing/random.ts";

/** What a power cut does to a change that was not synced. */
export type Fate = "kept" | "dropped" | "torn";

const manners = ["none", "all", "some", "up to", "all but one"] as const;
type Manner = (typeof manners)[number];

/** Decides over unsynced changes. */
export interface Fates {
  /** In one file (no name: the entries of the folder) with so many unsynced changes, asked in their order. */
  of(file: string, count: number): (canTear: boolean) => Fate;
  /** Of a torn write: the sectors that the disk has. */
  someOf<T>(sectors: readonly T[]): T[];
  /** Whether a file has grown though what made it grow is not there. */
  growsAnyway(): boolean;
}

export const keepAll: Fates = { of: () => () => "kept", someOf: () => [], growsAnyway: () => false };

/**
 * All of it lost, all there, some of it (written in another order), up to a write that is torn, or all but one. Half of
 * the time each file has a manner of its own: what the catalog's has lost the ledger's may have, and the other way round.
 */
export class RandomFates implements Fates {
  readonly #random: Random;
  readonly #common: Manner | undefined;
  readonly #mayGrow: boolean;

  constructor(random: Random) {
    this.#random = random;
    this.#common = random.chance(0.5) ? random.pick(manners) : undefined;
    this.#mayGrow = random.chance(0.5);
  }

  of(_file: string, count: number): (canTear: boolean) => Fate {
    const random = this.#random;
    const manner = this.#common ?? random.pick(manners);
    const turn = random.integer(0, Math.max(0, count - 1));
    const share = random.pick([0.1, 0.5, 0.9]);
    let index = -1;
    return (canTear) => {
      index += 1;
      switch (manner) {
        case "none":
          return "dropped";
        case "all":
          return "kept";
        case "some":
          if (canTear && random.chance(0.25)) return "torn";
          return random.chance(share) ? "kept" : "dropped";
        case "up to":
          if (index === turn) return canTear ? "torn" : "dropped";
          return index < turn ? "kept" : "dropped";
        case "all but one":
          if (index !== turn) return "kept";
          return canTear && random.chance(0.5) ? "torn" : "dropped";
      }
    };
  }

  /** At least one is there and at least one is not. */
  someOf<T>(sectors: readonly T[]): T[] {
    const missing = this.#random.integer(0, sectors.length - 1);
    const there = (missing + this.#random.integer(1, sectors.length - 1)) % sectors.length;
    return sectors.filter((_, index) => index !== missing && (index === there || this.#random.chance(0.5)));
  }

  growsAnyway(): boolean {
    return this.#mayGrow && this.#random.chance(0.5);
  }
}
