import type { Cancel, Clock } from "../../services/runtime/flow/clock.ts";
import type { Scheduler, SimProcess } from "./scheduler.ts";

/** 2023-11-14T22:13:20Z: `wallTime` at the beginning of every schedule. */
export const startWallTimeMs = 1_700_000_000_000;

/** The clock of one simulated process. What it was asked to run is gone when the process ends. */
export class SimClock implements Clock {
  readonly #process: SimProcess;
  readonly #scheduler: Scheduler;

  constructor(process: SimProcess, scheduler: Scheduler) {
    this.#process = process;
    this.#scheduler = scheduler;
  }

  now(): number {
    return this.#scheduler.nowMs;
  }

  wallTime(): number {
    return startWallTimeMs + Math.floor(this.#scheduler.nowMs);
  }

  sleep(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.schedule(this.#process, durationMs, "sleep ends", resolve);
    });
  }

  // Like setTimeout, never in the same millisecond: a callback that asks again does not stop the simulated time.
  after(delayMs: number, callback: () => void): Cancel {
    const event = this.#scheduler.schedule(this.#process, Math.max(1, delayMs), "timer", callback);
    return () => {
      event.isCancelled = true;
    };
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
    this.#scheduler.schedule(this.#process, 0, "after this turn", callback);
  }
}

/** Like AbortSignal.timeout, on this clock. */
export function timeoutSignal(clock: Clock, timeoutMs: number): AbortSignal {
  const controller = new AbortController();
  clock.after(timeoutMs, () => controller.abort(new DOMException("the time is up", "TimeoutError")));
  return controller.signal;
}
