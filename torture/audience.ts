import { followEvents, type EventFollower, type StreamEvent } from "../testing/event-follower.ts";
import type { Random } from "../testing/random.ts";

/**
 * Follows the public event stream from its beginning: at each frontend one as long as it lasts, and one that cuts it
 * again and again and goes on at any of them.
 */
export class Audience {
  readonly #steady: readonly EventFollower[];
  readonly #restless;
  readonly #cutting: ReturnType<typeof setInterval>;

  constructor(urls: readonly [string, ...string[]], random: Random) {
    this.#steady = urls.map((url) => followEvents(url, "0-0"));
    this.#restless = followEvents(() => random.pick(urls), "0-0");
    this.#cutting = setInterval(() => random.chance(0.3) && this.#restless.drop(), 100);
  }

  get streams(): readonly StreamEvent[][] {
    return this.#all.map(({ events }) => events);
  }

  get #all(): readonly EventFollower[] {
    return [...this.#steady, this.#restless];
  }

  /** Whether all were shown the trade of this number. */
  hasSeen(number: number): boolean {
    const last = (events: StreamEvent[]) =>
      events.findLast(({ event }) => event === "trade")?.data.number ?? 0;
    return this.streams.every((events) => last(events) >= number);
  }

  async stop(): Promise<void> {
    clearInterval(this.#cutting);
    await Promise.all(this.#all.map((follower) => follower.stop()));
  }
}
