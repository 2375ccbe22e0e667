import { systemClock, type Clock } from "./clock.ts";

export interface SemaphoreOptions {
  maxAtOnce: number;
  maxWaiting: number;
  maxWaitMs: number;
  clock?: Clock;
}

/** Lets `maxAtOnce` tasks run at once; `maxWaiting` more wait in order, each for `maxWaitMs` at most. */
export class Semaphore {
  readonly #options: SemaphoreOptions;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(options: SemaphoreOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** What `task` resolves with, or undefined if the task was not started: too many were waiting, or it waited too long. */
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
        cancelTimeout();
        resolve(true);
      };
      const cancelTimeout = this.#clock.after(maxWaitMs, () => {
        this.#waiting.delete(enter);
        resolve(false);
      });
      this.#waiting.add(enter);
    });
  }

  // The place of a task that ended goes to the task that has waited longest.
  #leave(): void {
    const next = this.#waiting.keys().next();
    if (next.done) this.#running -= 1;
    else {
      this.#waiting.delete(next.value);
      next.value();
    }
  }
}
