export interface SemaphoreOptions {
  maxAtOnce: number;
  maxWaiting: number;
  maxWaitMs: number;
}

/** Lets a few tasks run at once; a few more wait, in order and not for long. */
export class Semaphore {
  readonly #options: SemaphoreOptions;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(options: SemaphoreOptions) {
    this.#options = options;
  }

  /** What `task` resolves with, or undefined if it found no slot in time and was not begun. */
  async run<T>(task: () => Promise<T>): Promise<T | undefined> {
    if (!(await this.#enter())) return undefined;
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  #enter(): Promise<boolean> | boolean {
    const { maxAtOnce, maxWaiting, maxWaitMs } = this.#options;
    if (this.#running < maxAtOnce) {
      this.#running += 1;
      return true;
    }
    if (this.#waiting.size >= maxWaiting) return false;
    return new Promise((resolve) => {
      const enter = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(enter);
        resolve(false);
      }, maxWaitMs);
      this.#waiting.add(enter);
    });
  }

  // A slot that is left goes to the one that waits longest.
  #leave(): void {
    const next = this.#waiting.keys().next();
    if (next.done) this.#running -= 1;
    else {
      this.#waiting.delete(next.value);
      next.value();
    }
  }
}
