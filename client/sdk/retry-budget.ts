/** Retries that a new client starts with, and the most that can be saved: enough for ten calls with 5 retries each. */
const mostSaved = 50;
const savedPerCall = 0.1;
const savedPerSecond = 1;

/**
 * Allows about one retry for ten calls, so that retries do not add load to an overloaded market. The saved retries
 * are for a restart of the market. One more is saved each second, so that a program that calls rarely has some too.
 * The idea is that of the retry budgets of Finagle and of the SRE book.
 */
export class RetryBudget {
  #saved = mostSaved;
  #lastMs: number;

  /** `nowMs` here and in `take` is in milliseconds of the same monotonic clock. */
  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  /** Call it once for each call, not for the retries. */
  noteCall(): void {
    this.#saved = Math.min(mostSaved, this.#saved + savedPerCall);
  }

  /** Takes one retry from the budget. False when the budget is empty. */
  take(nowMs: number): boolean {
    const secondsPassed = (nowMs - this.#lastMs) / 1_000;
    this.#lastMs = nowMs;
    this.#saved = Math.min(mostSaved, this.#saved + secondsPassed * savedPerSecond);
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}
