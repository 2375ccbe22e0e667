import type { Random } from "../../testing/random.ts";
import type { Step } from "./trace.ts";

/**
 * When the power goes, state by state: right before and right after every sync in turn, and between them at any step,
 * more often while the market is founded and while a checkpoint writes the databases.
 */
export class Cuts {
  readonly #boundaries: number[];
  readonly #founding: number[];
  readonly #checkpoints: number[];
  readonly #moments: number[];

  constructor(steps: readonly Step[], foundedAt: number, random: Random) {
    const momentOf = ({ done }: Step): number => done;
    this.#moments = steps.map(momentOf);
    this.#founding = this.#moments.filter((moment) => moment <= foundedAt);
    this.#checkpoints = steps
      .filter(({ call, file }) => call !== "sync" && file.endsWith(".db"))
      .map(momentOf)
      .filter((moment) => moment > foundedAt);
    this.#boundaries = shuffled(
      steps
        .filter(({ call }) => call === "sync" || call === "sync folder")
        .flatMap(({ done }) => [done - 1, done]),
      random,
    );
  }

  /** The cut of the state with this index. */
  at(index: number, random: Random): number {
    const boundary = this.#boundaries[(index >> 1) % this.#boundaries.length];
    if (index % 2 === 0 && boundary !== undefined) return boundary;
    const places = [this.#founding, this.#checkpoints, this.#moments].filter((moments) => moments.length > 0);
    const moments = random.pick(places as [number[], ...number[][]]);
    return random.pick(moments as [number]);
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
