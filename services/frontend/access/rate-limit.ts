/** Where a key stands. `resetSeconds` is when its bucket is full; after a refusal, when asking again is of use. */
export interface RateState {
  allowed: boolean;
  limit: number;
  remaining: number;
  resetSeconds: number;
}

/** What one key may still use: `rate` tokens a second, and as many saved up as two seconds give. */
export class TokenBucket {
  readonly #rate: number;
  readonly #limit: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  /** `now` gives milliseconds that never go back. */
  constructor(rate: number, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#limit = this.#tokens = rate * 2;
    this.#now = now;
    this.#at = now();
  }

  /**
   * Takes `cost` tokens if they are there, less those that were `paid` for it before. A cost past the bucket's size
   * passes when the bucket is full, and is paid off afterwards.
   */
  take(cost: number, paid = 0): RateState {
    const now = this.#now();
    const tokens = Math.min(this.#limit, this.#tokens + ((now - this.#at) / 1_000) * this.#rate);
    const needed = Math.min(cost, this.#limit);
    const allowed = tokens + paid >= needed;
    this.#tokens = allowed ? tokens + paid - cost : tokens;
    this.#at = now;
    return {
      allowed,
      limit: this.#limit,
      remaining: Math.max(0, Math.floor(this.#tokens)),
      resetSeconds: Math.ceil(((allowed ? this.#limit : needed) - this.#tokens) / this.#rate),
    };
  }
}
