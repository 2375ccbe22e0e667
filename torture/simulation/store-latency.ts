import type { Random } from "../../testing/random.ts";
import type { Scheduler, SimProcess } from "./scheduler.ts";

/** What draws and schedules the time that a store takes. */
export interface Latency {
  scheduler: Scheduler;
  random: Random;
}

const instantShare = 0.7;
const maxWaitMs = 3;

/** A store each of whose calls is a step of its process, and may take time in which other events happen. */
export function withLatency<Store extends object>(
  store: Store,
  process: SimProcess,
  { scheduler, random }: Latency,
): Store {
  return new Proxy(store, {
    get(target, name): unknown {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return (...args: unknown[]): unknown => {
        if (!process.step()) return new Promise(() => undefined);
        const done = method.apply(target, args) as Promise<unknown>;
        scheduler.note(`store ${String(name)}`);
        if (random.chance(instantShare)) return done;
        const waitMs = random.next() * maxWaitMs;
        return new Promise((resolve, reject) => {
          const later = (settle: () => void) => scheduler.schedule(process, waitMs, "store answers", settle);
          done.then(
            (value) => later(() => resolve(value)),
            (error: Error) => later(() => reject(error)),
          );
        });
      };
    },
  });
}

/** The catalog's writer thread: one call at a time, and each message to it and back takes time. */
export class WriterThread {
  readonly #process: SimProcess;
  readonly #latency: Latency;
  #lastCallAtMs = 0;
  #lastReplyAtMs = 0;

  constructor(process: SimProcess, latency: Latency) {
    this.#process = process;
    this.#latency = latency;
  }

  /** `call` must settle without waiting for an event of the scheduler. */
  run<Result>(call: () => Promise<Result>): Promise<Result> {
    const { scheduler, random } = this.#latency;
    const transferMs = (): number => random.next() * maxWaitMs;
    return new Promise((resolve) => {
      if (!this.#process.step()) return;
      this.#lastCallAtMs = Math.max(this.#lastCallAtMs, scheduler.nowMs) + transferMs();
      scheduler.schedule(this.#process, this.#lastCallAtMs - scheduler.nowMs, "write", () => {
        if (!this.#process.step()) return;
        const result = call();
        this.#lastReplyAtMs = Math.max(this.#lastReplyAtMs, scheduler.nowMs + transferMs());
        scheduler.schedule(this.#process, this.#lastReplyAtMs - scheduler.nowMs, "written", () =>
          resolve(result),
        );
      });
    });
  }
}
