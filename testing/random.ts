/** Numbers that look random and follow from a seed (mulberry32): the same seed draws the same. */
export class Random {
  #state: number;

  /** `seed` from 0 to 2^32 - 1. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.integer(0, choices.length - 1)] ?? choices[0];
  }

  /** A second, independent sequence: drawing from one does not change the numbers of the other. */
  fork(): Random {
    return new Random(this.integer(0, 2 ** 32 - 1));
  }

  /** 128 bits as text. */
  key(): string {
    return Array.from({ length: 4 }, () => this.integer(0, 2 ** 32 - 1).toString(36)).join("-");
  }
}
