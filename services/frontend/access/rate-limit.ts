import type { Clock } from "../../runtime/flow/clock.ts";

/** The state of a rate limit. `resetSeconds`: until the bucket is full; after a refusal, until the call can pass. */
export interface RateState {
  allowed: boolean;
  limit: number;
  remaining: number;
  resetSeconds: number;
}

/** A token bucket: gains `rate` tokens a second, and holds at most what two seconds give. */
export class TokenBucket {
  readonly #rate: number;
  readonly #limit: number;
  readonly #clock: Pick<Clock, "now">;
  #tokens: number;
  #updatedAtMs: number;

  constructor(rate: number, clock: Pick<Clock, "now">) {
    this.#rate = rate;
    this.#limit = this.#tokens = rate * 2;
    this.#clock = clock;
    this.#updatedAtMs = clock.now();
  }

  /**
   * Takes `cost` tokens if the bucket has them; `paid` of them were taken earlier. A cost that is larger than the
   * bucket passes when the bucket is full, and leaves it below zero.
   */
  take(cost: number, paid = 0): RateState {
    const nowMs = this.#clock.now();
    const tokens = Math.min(this.#limit, this.#tokens + ((nowMs - this.#updatedAtMs) / 1_000) * this.#rate);
    const needed = Math.min(cost, this.#limit);
    const allowed = tokens + paid >= needed;
    this.#tokens = allowed ? tokens + paid - cost : tokens;
    this.#updatedAtMs = nowMs;
    return {
      allowed,
      limit: this.#limit,
      remaining: Math.max(0, Math.floor(this.#tokens)),
      resetSeconds: Math.ceil(((allowed ? this.#limit : needed) - this.#tokens) / this.#rate),
    };
  }
}
