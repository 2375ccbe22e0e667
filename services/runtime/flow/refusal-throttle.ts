const tickMs = 5;

/** Lets so many a second go on, in the order in which they came. */
export class RefusalThrottle {
  readonly #perTick: number;
  readonly #maxWaiting: number;
  #waiting: (() => void)[] = [];
  #ticker: ReturnType<typeof setInterval> | undefined;

  constructor(perSecond: number, maxWaiting: number) {
    this.#perTick = Math.ceil((perSecond * tickMs) / 1_000);
    this.#maxWaiting = maxWaiting;
  }

  /** Resolves at the caller's turn; at once when `maxWaiting` others wait. */
  wait(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#ticker ??= setInterval(() => this.#tick(), tickMs);
    });
  }

  #tick(): void {
    for (const goOn of this.#waiting.splice(0, this.#perTick)) goOn();
    if (this.#waiting.length > 0) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }
}
