/** Retries that may be saved up for a bad moment. */
const burst = 10;

/**
 * Lets at most one call in ten be a retry (plus a small burst), so that a struggling peer is not given more work the
 * worse it gets. After the retry budgets of Finagle and the SRE book.
 */
export class RetryBudget {
  readonly #share: number;
  #retries = burst;

  constructor(share = 0.1) {
    this.#share = share;
  }

  /** Calls `attempt`, and once more if `isWorthRetrying` its result and the budget has room. */
  async run<T>(attempt: () => Promise<T>, isWorthRetrying: (result: T) => boolean): Promise<T> {
    this.#retries = Math.min(burst, this.#retries + this.#share);
    const result = await attempt();
    if (!isWorthRetrying(result) || this.#retries < 1) return result;
    this.#retries -= 1;
    return attempt();
  }
}
