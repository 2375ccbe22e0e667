import { systemClock, type Cancel, type Clock } from "./clock.ts";

const tickMs = 5;

/** Lets at most `perSecond` callers continue, in the order of their calls. */
export class RefusalThrottle {
  readonly #perTick: number;
  readonly #maxWaiting: number;
  readonly #clock: Clock;
  #waiting: (() => void)[] = [];
  #cancelTicks: Cancel | undefined;

  constructor(perSecond: number, maxWaiting: number, clock: Clock = systemClock) {
    this.#perTick = Math.ceil((perSecond * tickMs) / 1_000);
    this.#maxWaiting = maxWaiting;
    this.#clock = clock;
  }

  /** Resolves when the caller may continue; at once when `maxWaiting` others are already waiting. */
  wait(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#cancelTicks ??= this.#clock.every(tickMs, () => this.#tick());
    });
  }

  #tick(): void {
    for (const resolve of this.#waiting.splice(0, this.#perTick)) resolve();
    if (this.#waiting.length > 0) return;
    this.#cancelTicks?.();
    this.#cancelTicks = undefined;
  }
}
