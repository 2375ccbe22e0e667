import type { Cancel } from "../../services/runtime/flow/clock.ts";
import type { Random } from "../../testing/random.ts";
import type { Fetch } from "./network.ts";
import type { Scheduler } from "./scheduler.ts";
import { SimClock, timeoutSignal } from "./sim-clock.ts";
import { simId } from "./sim-id.ts";

/**
 * For services that are not given a clock and a fetcher yet: replaces the globals by those of the process whose code
 * runs; the returned function restores them.
 */
export function replaceGlobals(scheduler: Scheduler, random: Random, fetch: Fetch): () => void {
  const clock = (): SimClock => new SimClock(scheduler.current, scheduler);
  // Elysia has timers from before the simulation began.
  const cancel = (timer: unknown): void => {
    if (typeof timer === "function") (timer as Cancel)();
  };
  const replaced: [object: object, name: string, value: unknown][] = [
    [globalThis, "setTimeout", (run: () => void, delayMs = 0) => clock().after(delayMs, run)],
    [globalThis, "clearTimeout", cancel],
    [globalThis, "setInterval", (run: () => void, intervalMs: number) => clock().every(intervalMs, run)],
    [globalThis, "clearInterval", cancel],
    [globalThis, "setImmediate", (run: () => void) => clock().afterThisTurn(run)],
    [globalThis, "fetch", fetch],
    [performance, "now", () => clock().now()],
    [Date, "now", () => clock().wallTime()],
    [Math, "random", () => random.next()],
    [AbortSignal, "timeout", (timeoutMs: number) => timeoutSignal(clock(), timeoutMs)],
    [Bun, "sleep", (durationMs: number) => clock().sleep(durationMs)],
    [Bun, "randomUUIDv7", () => simId(clock(), random)],
  ];
  const before = replaced.map(([object, name]) => Reflect.get(object, name) as unknown);
  for (const [object, name, value] of replaced) Reflect.set(object, name, value);
  return () => {
    for (const [index, [object, name]] of replaced.entries()) Reflect.set(object, name, before[index]);
  };
}
