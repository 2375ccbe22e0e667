/**
 * Keeps a crowd from taking the whole event loop. While more than a thousand sockets are ready Bun goes on reading
 * requests, and runs no timer and no peer's reply; clients that are answered at once keep their sockets ready. So
 * after `maxAtOnce` requests the next ones wait until everything else had its turn.
 */
export class EventLoopYield {
  readonly #maxAtOnce: number;
  #taken = 0;
  #next: Promise<void> | undefined;

  constructor(maxAtOnce: number) {
    this.#maxAtOnce = maxAtOnce;
  }

  /** Undefined: go on at once. Otherwise, what to wait for. */
  take(): Promise<void> | undefined {
    this.#taken += 1;
    if (this.#taken <= this.#maxAtOnce) return undefined;
    this.#next ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#taken = 0;
        this.#next = undefined;
        resolve();
      });
    });
    return this.#next;
  }
}
