import type { Random } from "../../testing/random.ts";
import type { Step } from "./trace.ts";

/**
 * The times of the power cuts: every other one right before or right after a sync, each sync in turn; the others at any
 * step, more often while the market is created and while a checkpoint writes the databases.
 */
export class CutMoments {
  readonly #boundaries: number[];
  readonly #creation: number[];
  readonly #checkpoints: number[];
  readonly #moments: number[];

  constructor(steps: readonly Step[], openedAt: number, random: Random) {
    const momentOf = ({ done }: Step): number => done;
    this.#moments = steps.map(momentOf);
    this.#creation = this.#moments.filter((moment) => moment <= openedAt);
    this.#checkpoints = steps
      .filter(({ call, file }) => call !== "sync" && file.endsWith(".db"))
      .map(momentOf)
      .filter((moment) => moment > openedAt);
    this.#boundaries = shuffled(
      steps
        .filter(({ call }) => call === "sync" || call === "sync folder")
        .flatMap(({ done }) => [done - 1, done]),
      random,
    );
  }

  /** The time of the power cut of this state. */
  at(index: number, random: Random): number {
    const boundary = this.#boundaries[(index >> 1) % this.#boundaries.length];
    if (index % 2 === 0 && boundary !== undefined) return boundary;
    const choices = [this.#creation, this.#checkpoints, this.#moments].filter(
      (moments) => moments.length > 0,
    );
    const moments = random.pick(choices as [number[], ...number[][]]);
    return random.pick(moments as [number]);
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
