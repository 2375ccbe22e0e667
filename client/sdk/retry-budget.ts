/** Retries to start with, and at most saved up: ten calls' worth on a fresh client. */
const mostSaved = 50;
const savedPerCall = 0.1;
const savedPerSecond = 1;

/**
 * Lets about one call in ten be a retry, so that a struggling market is not given more work the worse it gets. What
 * is saved up carries a client through a restart; the second's one keeps a program that rarely calls from running dry.
 * After the retry budgets of Finagle and the SRE book.
 */
export class RetryBudget {
  #saved = mostSaved;
  #lastMs: number;

  /** Times are milliseconds of one monotonic clock. */
  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  /** To be called once for each call, not for its retries. */
  noteCall(): void {
    this.#saved = Math.min(mostSaved, this.#saved + savedPerCall);
  }

  /** Takes one retry out of the budget; false when there is none. */
  take(nowMs: number): boolean {
    const secondsPassed = (nowMs - this.#lastMs) / 1_000;
    this.#lastMs = nowMs;
    this.#saved = Math.min(mostSaved, this.#saved + secondsPassed * savedPerSecond);
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}
