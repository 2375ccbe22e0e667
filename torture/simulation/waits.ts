import type { Random } from "../../testing/random.ts";
import type { Scheduler, SimProcess } from "./scheduler.ts";

/** Where a process waits for its own disk. */
export interface Waits {
  scheduler: Scheduler;
  random: Random;
}

const quickShare = 0.7;
const maxWaitMs = 3;

/** A store whose every answer is a step of its process, and may take a moment in which other things happen. */
export function throughScheduler<Store extends object>(
  store: Store,
  process: SimProcess,
  { scheduler, random }: Waits,
): Store {
  return new Proxy(store, {
    get(target, name): unknown {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return (...args: unknown[]): unknown => {
        if (!process.step()) return new Promise(() => undefined);
        const done = method.apply(target, args) as Promise<unknown>;
        scheduler.note(`store ${String(name)}`);
        if (random.chance(quickShare)) return done;
        const waitMs = random.next() * maxWaitMs;
        return new Promise((resolve, reject) => {
          const settle = (end: () => void) => scheduler.schedule(process, waitMs, "stored", end);
          done.then(
            (value) => settle(() => resolve(value)),
            (error: Error) => settle(() => reject(error)),
          );
        });
      };
    },
  });
}

/** The catalog's writer thread: one call after the other, each with a way there and a way back. */
export class WriterQueue {
  readonly #process: SimProcess;
  readonly #waits: Waits;
  #freeAtMs = 0;
  #answeredAtMs = 0;

  constructor(process: SimProcess, waits: Waits) {
    this.#process = process;
    this.#waits = waits;
  }

  run<Result>(call: () => Promise<Result>): Promise<Result> {
    const { scheduler, random } = this.#waits;
    const wayMs = (): number => random.next() * maxWaitMs;
    return new Promise((resolve) => {
      if (!this.#process.step()) return;
      this.#freeAtMs = Math.max(this.#freeAtMs, scheduler.nowMs) + wayMs();
      scheduler.schedule(this.#process, this.#freeAtMs - scheduler.nowMs, "write", () => {
        if (!this.#process.step()) return;
        const result = call();
        // A call that fails has ended its process.
        result.catch(() => undefined);
        this.#answeredAtMs = Math.max(this.#answeredAtMs, scheduler.nowMs + wayMs());
        scheduler.schedule(this.#process, this.#answeredAtMs - scheduler.nowMs, "written", () =>
          resolve(result),
        );
      });
    });
  }
}
