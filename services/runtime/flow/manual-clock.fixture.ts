import type { Cancel, Clock } from "./clock.ts";

interface Timer {
  atMs: number;
  run: () => void;
}

/** A clock whose time passes only in `advance`. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#nowMs;
  }

  wallTime(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  sleep(durationMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(durationMs, resolve));
  }

  after(delayMs: number, callback: () => void): Cancel {
    const timer = { atMs: this.#nowMs + delayMs, run: callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  every(intervalMs: number, callback: () => void): Cancel {
    let cancel: Cancel;
    const next = (): void => {
      cancel = this.after(intervalMs, () => {
        next();
        callback();
      });
    };
    next();
    return () => cancel();
  }

  afterThisTurn(callback: () => void): void {
    setImmediate(callback);
  }

  /** How many callbacks and sleeps wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Lets this time pass: runs what is due, in order of time, and after each lets the code that waited for it go on. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    await turn();
    for (let next = this.#next(endMs); next; next = this.#next(endMs)) {
      this.#timers.delete(next);
      this.#nowMs = next.atMs;
      next.run();
      await turn();
    }
    this.#nowMs = endMs;
  }

  #next(endMs: number): Timer | undefined {
    const due = [...this.#timers].filter(({ atMs }) => atMs <= endMs);
    return due.toSorted((one, other) => one.atMs - other.atMs)[0];
  }
}

/** Until everything that is ready has run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
