/** One connection of a feed: its events, or undefined when the peer could not be reached. */
export type OpenFeed<Event> = (signal: AbortSignal) => Promise<AsyncIterable<Event> | undefined>;

/** The events of a feed as Eden's treaty gives them; undefined when the peer did not open it. */
export function feedOf<Event>(
  events: AsyncIterable<{ data: Event }> | null,
): AsyncIterable<Event> | undefined {
  return events && Symbol.asyncIterator in events ? dataIn(events) : undefined;
}

async function* dataIn<Event>(events: AsyncIterable<{ data: Event }>): AsyncGenerator<Event> {
  for await (const event of events) {
    // What is cut short, or comes from something in between, ends the feed: it is opened anew.
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
  /** A new connection stands: whatever was known from an earlier one may have missed something. */
  onUp(): void;
  onEvent(event: Event): void;
  onDown(): void;
  /** A feed that says nothing for this long is down; it is cut and opened anew. */
  silenceMs: number;
  retryMs: number;
}

/** Follows a peer's feed for as long as the process lives, through cuts, silence and restarts. */
export class FeedSubscription<Event> {
  readonly #options: FeedSubscriptionOptions<Event>;
  readonly #stop = new AbortController();
  #following: Promise<void> = Promise.resolve();

  constructor(options: FeedSubscriptionOptions<Event>) {
    this.#options = options;
  }

  start(): void {
    this.#following = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#followOnce();
      await Bun.sleep(this.#options.retryMs);
    }
  }

  async #followOnce(): Promise<void> {
    const { open, onUp, onEvent, onDown, silenceMs } = this.#options;
    const silence = new AbortController();
    const signal = AbortSignal.any([silence.signal, this.#stop.signal]);
    let watchdog = setTimeout(() => silence.abort(), silenceMs);
    let isUp = false;
    try {
      for await (const event of (await open(signal)) ?? []) {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => silence.abort(), silenceMs);
        if (!isUp) onUp();
        isUp = true;
        onEvent(event);
      }
    } catch (error) {
      // A cut connection is how a feed ends; the follower's own mistakes are not.
      if (!isTransport(error)) throw error;
    } finally {
      clearTimeout(watchdog);
      if (isUp && !this.#stop.signal.aborted) onDown();
    }
  }
}

function isTransport(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "AbortError" || error.name === "TimeoutError" || "code" in error;
}
