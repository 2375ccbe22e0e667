/** Where a key stands: how much is left, and when it is full again. */
export interface RateState {
  allowed: boolean;
  limit: number;
  remaining: number;
  resetSeconds: number;
}

/** A token bucket per key: `rate` tokens a second, and as many saved up as two seconds give. */
export class RateLimit {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Takes `cost` tokens if they are there; a cost past the bucket's size passes when the bucket is full. */
  take(id: string, rate: number, cost: number): RateState {
    const now = this.#now();
    const limit = rate * 2;
    const bucket = this.#buckets.get(id) ?? { tokens: limit, at: now };
    const tokens = Math.min(limit, bucket.tokens + ((now - bucket.at) / 1_000) * rate);
    const allowed = tokens >= Math.min(cost, limit);
    const left = allowed ? tokens - cost : tokens;
    this.#buckets.set(id, { tokens: left, at: now });
    const missing = allowed ? limit - left : Math.min(cost, limit) - left;
    return {
      allowed,
      limit,
      remaining: Math.max(0, Math.floor(left)),
      resetSeconds: Math.ceil(missing / rate),
    };
  }
}
