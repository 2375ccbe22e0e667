import { followEvents, type EventFollower, type StreamEvent } from "../testing/event-follower.ts";
import type { Random } from "../testing/random.ts";

/**
 * Read the public event stream from its beginning: one at each frontend, and one that often drops its connection and
 * resumes at any of them.
 */
export class EventReaders {
  readonly #perFrontend: readonly EventFollower[];
  readonly #reconnecting;
  readonly #dropTimer: ReturnType<typeof setInterval>;

  constructor(urls: readonly [string, ...string[]], random: Random) {
    this.#perFrontend = urls.map((url) => followEvents(url, "0-0"));
    this.#reconnecting = followEvents(() => random.pick(urls), "0-0");
    this.#dropTimer = setInterval(() => random.chance(0.3) && this.#reconnecting.drop(), 100);
  }

  get streams(): readonly StreamEvent[][] {
    return this.#all.map(({ events }) => events);
  }

  get #all(): readonly EventFollower[] {
    return [...this.#perFrontend, this.#reconnecting];
  }

  /** Whether every stream has shown the trade of this number. */
  hasSeen(number: number): boolean {
    const last = (events: StreamEvent[]) =>
      events.findLast(({ event }) => event === "trade")?.data.number ?? 0;
    return this.streams.every((events) => last(events) >= number);
  }

  async stop(): Promise<void> {
    clearInterval(this.#dropTimer);
    await Promise.all(this.#all.map((reader) => reader.stop()));
  }
}
