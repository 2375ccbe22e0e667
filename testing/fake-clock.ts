import type { Cancel, Clock } from "../services/runtime/flow/clock.ts";

interface Timer {
  at: number;
  run: () => void;
}

/** 2023-11-14T22:13:20Z. */
const wallTimeAtStart = 1_700_000_000_000;

/**
 * A clock whose time changes only when a test advances it. Timers run in the order of their time, and of their
 * setting where that is equal; between two of them everything runs that follows from the first without waiting for
 * time.
 */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return wallTimeAtStart + this.#now;
  }

  sleep(durationMs: number): Promise<void> {
    return new Promise((resolve) => this.after(durationMs, resolve));
  }

  after(delayMs: number, callback: () => void): Cancel {
    const timer = { at: this.#now + Math.max(0, delayMs), run: callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  every(intervalMs: number, callback: () => void): Cancel {
    let cancel: Cancel = () => undefined;
    const schedule = (): void => {
      cancel = this.after(intervalMs, () => {
        schedule();
        callback();
      });
    };
    schedule();
    return () => cancel();
  }

  afterThisTurn(callback: () => void): void {
    this.after(0, callback);
  }

  /** How many callbacks wait for their time. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Lets `durationMs` pass. Several may run at once. */
  async advance(durationMs: number): Promise<void> {
    const end = this.#now + durationMs;
    await settled();
    for (let timer = this.#next(end); timer; timer = this.#next(end)) {
      this.#now = Math.max(this.#now, timer.at);
      this.#timers.delete(timer);
      timer.run();
      await settled();
    }
    this.#now = Math.max(this.#now, end);
  }

  /** Runs everything that need not wait for time. */
  turn(): Promise<void> {
    return this.advance(0);
  }

  /**
   * Lets time pass until `condition` holds, which is checked every few milliseconds of it. Rejects after a minute of
   * it.
   */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    const end = this.#now + 60_000;
    while (!(await condition())) {
      if (this.#now >= end) throw new Error("the condition did not hold within a minute");
      await this.advance(5);
    }
  }

  /** Lets time pass until `promise` settles, and settles as it does. */
  async during<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    promise.then(settle, settle);
    await this.until(() => isSettled);
    return promise;
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.at <= end && (!next || timer.at < next.at)) next = timer;
    return next;
  }
}

/** Resolves when every promise that could be settled by now is settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
