import { HttpFailure } from "../../runtime/http/http-failure.ts";

export interface StreamLimits {
  /** Event streams that this frontend has open, at most. */
  inAll: number;
  perClient: number;
}

const retryAfter = { "retry-after": "5" };

/**
 * Bounds how many event streams are open, in all and of each client: every open stream holds a piece of text in memory,
 * and is woken by every trade.
 *
 * Invariant: `#open` has the streams of each client that has any, and `#total` is their sum.
 */
export class StreamLimit {
  readonly #limits: StreamLimits;
  readonly #open = new Map<string, number>();
  #total = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /** Streams that are open now. */
  get total(): number {
    return this.#total;
  }

  /**
   * Counts one more stream of `client` and returns how to count it no more, which may be called repeatedly. Throws
   * HttpFailure rate_limited when the client has too many streams open, and overloaded when all clients together have.
   */
  enter(client: string): () => void {
    const { inAll, perClient } = this.#limits;
    const open = this.#open.get(client) ?? 0;
    if (open >= perClient)
      throw new HttpFailure("rate_limited", `a client may have ${perClient} event streams open`, retryAfter);
    if (this.#total >= inAll)
      throw new HttpFailure("overloaded", "too many event streams are open", retryAfter);
    this.#open.set(client, open + 1);
    this.#total += 1;
    let hasLeft = false;
    return () => {
      if (!hasLeft) this.#leave(client);
      hasLeft = true;
    };
  }

  #leave(client: string): void {
    const open = (this.#open.get(client) ?? 0) - 1;
    if (open > 0) this.#open.set(client, open);
    else this.#open.delete(client);
    this.#total -= 1;
  }
}
