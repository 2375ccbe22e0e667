import type { Feed } from "../../contract/feed.ts";
import type { Clock } from "../flow/clock.ts";

/** Opens one connection of a feed. */
export type OpenFeed<Event> = Feed<Event>["subscribe"];

/** The events in the reply of Eden's treaty to a feed's route; undefined when the reply is no event stream. */
export function feedOf<Event>(
  events: AsyncIterable<{ data: Event }> | null,
): AsyncIterable<Event> | undefined {
  return events && Symbol.asyncIterator in events ? dataIn(events) : undefined;
}

async function* dataIn<Event>(events: AsyncIterable<{ data: Event }>): AsyncGenerator<Event> {
  for await (const event of events) {
    // An event that is cut short, or that another server sent, ends the connection; the subscription opens a new one.
    if (!isEvent(event)) return;
    yield event.data;
  }
}

function isEvent<Event>(event: unknown): event is { data: Event } {
  if (typeof event !== "object" || event === null || !("data" in event)) return false;
  return typeof event.data === "object" && event.data !== null && "kind" in event.data;
}

export interface FeedSubscriptionOptions<Event> {
  open: OpenFeed<Event>;
  /** A new connection has brought its first event, which follows. Events before it may have been missed. */
  onUp(): void;
  onEvent(event: Event): void;
  /** The connection that was up has ended. Not called after `stop`. */
  onDown(): void;
  /** A connection without an event for this long is closed, and a new one is opened. */
  silenceMs: number;
  /** Between the end of a connection and the next attempt. */
  retryMs: number;
  clock: Clock;
}

/** Subscribes to another service's feed, and again whenever the connection ends, until `stop`. */
export class FeedSubscription<Event> {
  readonly #options: FeedSubscriptionOptions<Event>;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: FeedSubscriptionOptions<Event>) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, retryMs } = this.#options;
    while (!this.#stop.signal.aborted) {
      await this.#readConnection();
      await clock.sleep(retryMs);
    }
  }

  async #readConnection(): Promise<void> {
    const { open, onUp, onEvent, onDown, silenceMs, clock } = this.#options;
    const silence = new AbortController();
    const signal = AbortSignal.any([silence.signal, this.#stop.signal]);
    const watch = () => clock.after(silenceMs, () => silence.abort());
    let cancelWatch = watch();
    let isUp = false;
    try {
      for await (const event of (await open(signal)) ?? []) {
        cancelWatch();
        cancelWatch = watch();
        if (!isUp) onUp();
        isUp = true;
        onEvent(event);
      }
    } catch (error) {
      // A broken connection is a normal end of a feed. An error of a handler is a bug and must not be hidden.
      if (!isTransport(error)) throw error;
    } finally {
      cancelWatch();
      if (isUp && !this.#stop.signal.aborted) onDown();
    }
  }
}

function isTransport(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "AbortError" || error.name === "TimeoutError" || "code" in error;
}
