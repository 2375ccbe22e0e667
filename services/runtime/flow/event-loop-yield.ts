import { systemClock, type Clock } from "./clock.ts";

/**
 * Keeps many clients at once from occupying the event loop. While more than a thousand sockets are ready, Bun goes on
 * reading requests and runs neither timers nor the replies of peers; clients that are answered at once keep their
 * sockets ready. So after `maxAtOnce` requests in one turn the next ones wait until everything else has run.
 */
export class EventLoopYield {
  readonly #maxAtOnce: number;
  readonly #clock: Clock;
  #taken = 0;
  #nextTurn: Promise<void> | undefined;

  constructor(maxAtOnce: number, clock: Clock = systemClock) {
    this.#maxAtOnce = maxAtOnce;
    this.#clock = clock;
  }

  /** Undefined: the request may continue at once. Otherwise it must wait for the promise. */
  take(): Promise<void> | undefined {
    this.#taken += 1;
    if (this.#taken <= this.#maxAtOnce) return undefined;
    this.#nextTurn ??= new Promise((resolve) => {
      this.#clock.afterThisTurn(() => {
        this.#taken = 0;
        this.#nextTurn = undefined;
        resolve();
      });
    });
    return this.#nextTurn;
  }
}
