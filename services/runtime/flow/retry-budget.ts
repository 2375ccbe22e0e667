/** Retries that can be saved at most while calls succeed. */
const burst = 10;

/**
 * Allows one retry in ten calls, plus a burst of ten, so that retries do not multiply the load of a peer that fails. After
 * the retry budgets of Finagle and of the SRE book.
 */
export class RetryBudget {
  readonly #share: number;
  #retries = burst;

  constructor(share = 0.1) {
    this.#share = share;
  }

  /** Calls `attempt`, and a second time if `isWorthRetrying(result)` and the budget allows it. Returns the last result. */
  async run<T>(attempt: () => Promise<T>, isWorthRetrying: (result: T) => boolean): Promise<T> {
    this.#retries = Math.min(burst, this.#retries + this.#share);
    const result = await attempt();
    if (!isWorthRetrying(result) || this.#retries < 1) return result;
    this.#retries -= 1;
    return attempt();
  }
}
