import { followEvents, type StreamEvent } from "../event-follower.ts";
import type { Random } from "./random.ts";

/** Follows the public event stream from its beginning: one as long as it lasts, one that cuts it again and again. */
export class Audience {
  readonly #steady;
  readonly #restless;
  readonly #cutting: ReturnType<typeof setInterval>;

  constructor(url: string, random: Random) {
    this.#steady = followEvents(url, "0-0");
    this.#restless = followEvents(url, "0-0");
    this.#cutting = setInterval(() => random.chance(0.3) && this.#restless.drop(), 100);
  }

  get streams(): readonly StreamEvent[][] {
    return [this.#steady.events, this.#restless.events];
  }

  /** Whether all were shown the trade of this number. */
  hasSeen(number: number): boolean {
    const last = (events: StreamEvent[]) =>
      events.findLast(({ event }) => event === "trade")?.data.number ?? 0;
    return this.streams.every((events) => last(events) >= number);
  }

  async stop(): Promise<void> {
    clearInterval(this.#cutting);
    await Promise.all([this.#steady.stop(), this.#restless.stop()]);
  }
}
