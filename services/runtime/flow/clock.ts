/** Cancels a callback. Does nothing when it was called before, or when the callback has already run. */
export type Cancel = () => void;

/**
 * The source of time and timers. All code that waits takes a Clock, so that a test or a simulation can control time.
 * All durations are milliseconds.
 */
export interface Clock {
  /** Monotonic, from an arbitrary beginning: for durations and deadlines. */
  now(): number;
  /** Since 1970: for times that are stored or shown. */
  wallTime(): number;
  sleep(durationMs: number): Promise<void>;
  after(delayMs: number, callback: () => void): Cancel;
  every(intervalMs: number, callback: () => void): Cancel;
  /** Runs `callback` after all callbacks that are ready in this turn of the event loop. */
  afterThisTurn(callback: () => void): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  sleep: (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs)),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  every(intervalMs, callback) {
    const timer = setInterval(callback, intervalMs);
    return () => clearInterval(timer);
  },
  afterThisTurn: (callback) => void setImmediate(callback),
};
