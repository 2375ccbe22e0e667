import type { Random } from "../../testing/random.ts";
import type { Scheduled } from "./event-queue.ts";
import type { Scheduler } from "./scheduler.ts";

/** 2023-11-14T22:13:20Z, the moment at which every simulation begins. */
const beginning = 1_700_000_000_000;
const uuidTail = 2 ** 44;

type Callback = (...args: unknown[]) => void;
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/**
 * Gives this process the simulation's clock, timers, randomness and network instead of the machine's; the returned
 * function gives them back. A simulation runs without a pause, so nothing else ever sees these.
 */
export function takeOver(scheduler: Scheduler, random: Random, fetch: Fetch): () => void {
  const replaced: [object: object, name: string, value: unknown][] = [
    ...timers(scheduler).map(([name, value]): [object, string, unknown] => [globalThis, name, value]),
    [globalThis, "fetch", fetch],
    [performance, "now", () => scheduler.nowMs],
    [Date, "now", () => beginning + Math.floor(scheduler.nowMs)],
    [Math, "random", () => random.next()],
    [AbortSignal, "timeout", timeoutSignal(scheduler)],
    [Bun, "sleep", (delayMs: number) => sleep(scheduler, delayMs)],
    [Bun, "randomUUIDv7", () => uuid(scheduler, random)],
  ];
  const before = replaced.map(([object, name]) => Reflect.get(object, name) as unknown);
  for (const [object, name, value] of replaced) Reflect.set(object, name, value);
  return () => {
    for (const [index, [object, name]] of replaced.entries()) Reflect.set(object, name, before[index]);
  };
}

/** A timer belongs to the process whose code set it, and goes with it. */
function timers(scheduler: Scheduler): [name: string, value: unknown][] {
  const set = (callback: Callback, delayMs = 0, ...args: unknown[]): Scheduled =>
    scheduler.schedule(scheduler.current, Math.max(1, delayMs), "timer", () => callback(...args));
  const clear = (timer: Scheduled | undefined): void => {
    if (timer) timer.isCancelled = true;
  };
  const repeat = (callback: Callback, everyMs: number): { isCancelled: boolean } => {
    const interval = { isCancelled: false };
    const owner = scheduler.current;
    const next = (): void => {
      scheduler.schedule(owner, everyMs, "interval", () => {
        if (interval.isCancelled) return;
        next();
        callback();
      });
    };
    next();
    return interval;
  };
  const soon = (callback: Callback, ...args: unknown[]): Scheduled =>
    scheduler.schedule(scheduler.current, 0, "immediate", () => callback(...args));
  return [
    ["setTimeout", set],
    ["clearTimeout", clear],
    ["setInterval", repeat],
    ["clearInterval", clear],
    ["setImmediate", soon],
    ["clearImmediate", clear],
  ];
}

function sleep(scheduler: Scheduler, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    scheduler.schedule(scheduler.current, delayMs, "slept", resolve);
  });
}

function timeoutSignal(scheduler: Scheduler): (timeoutMs: number) => AbortSignal {
  const timedOut = new DOMException("The operation timed out.", "TimeoutError");
  return (timeoutMs) => {
    const controller = new AbortController();
    scheduler.schedule(scheduler.current, timeoutMs, "timeout", () => controller.abort(timedOut));
    return controller.signal;
  };
}

function uuid(scheduler: Scheduler, random: Random): string {
  const time = (beginning + Math.floor(scheduler.nowMs)).toString(16).padStart(12, "0");
  const tail = random.integer(0, uuidTail).toString(16).padStart(12, "0");
  const group = random.integer(0, 0xfff).toString(16).padStart(3, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${group}-8${group}-${tail}`;
}
