/** Stops what a clock was asked to run. Calling it again, or after the time has come, does nothing. */
export type Cancel = () => void;

/**
 * Time as the services see it. Whatever waits takes a Clock, so that a test or a simulation decides how time passes.
 * All durations are milliseconds.
 */
export interface Clock {
  /** Monotonic, from an arbitrary beginning: for durations and deadlines. */
  now(): number;
  /** Since 1970: for what is stored or shown. */
  wallTime(): number;
  sleep(durationMs: number): Promise<void>;
  after(delayMs: number, callback: () => void): Cancel;
  every(intervalMs: number, callback: () => void): Cancel;
  /** Runs `callback` once everything that is ready in this turn of the event loop has run. */
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
