interface Subscriber<Event> {
  waiting: Event[];
  wake: () => void;
}

export interface BroadcastOptions<Event> {
  /**
   * Said to each subscriber at first and every `beatMs`, busy or not. It is asked for when nothing else waits, so that
   * what it tells is never older than what was said before it, nor newer than what comes after.
   */
  beat(): Promise<Event>;
  beatMs: number;
  /** One event that says what all of these say, of which there is one at least; the oldest comes first. */
  merge(waiting: readonly [Event, ...Event[]]): Event;
  /** A subscriber that was told something is told more after this time only: what comes meanwhile is merged. */
  restMs: number;
  /** Events that may wait for one subscriber; past that it is cut off, and comes back to a fresh start. */
  maxWaiting: number;
}

/** Says the same to any number of subscribers, each at its own pace. */
export class Broadcast<Event> {
  readonly #subscribers = new Set<Subscriber<Event>>();
  readonly #options: BroadcastOptions<Event>;

  constructor(options: BroadcastOptions<Event>) {
    this.#options = options;
  }

  publish(event: Event): void {
    for (const subscriber of this.#subscribers) {
      subscriber.waiting.push(event);
      if (subscriber.waiting.length > this.#options.maxWaiting) this.#drop(subscriber);
      else subscriber.wake();
    }
  }

  /** Ends every subscriber's stream. For the end of a process. */
  close(): void {
    for (const subscriber of this.#subscribers) this.#drop(subscriber);
  }

  /** Everything published from now on, merged, with beats between. Ends when `signal` fires or the subscriber is too slow. */
  async *follow(signal: AbortSignal): AsyncGenerator<Event> {
    if (signal.aborted) return;
    const { beat, beatMs, merge, restMs } = this.#options;
    const subscriber: Subscriber<Event> = { waiting: [], wake: () => undefined };
    const drop = (): void => this.#drop(subscriber);
    this.#subscribers.add(subscriber);
    signal.addEventListener("abort", drop, { once: true });
    try {
      let beatAt = Number.NEGATIVE_INFINITY;
      while (this.#subscribers.has(subscriber)) {
        const leftMs = beatAt - performance.now();
        const [first, ...others] = subscriber.waiting.splice(0);
        if (first !== undefined) {
          yield merge([first, ...others]);
          // A beat that is due does not rest: published without a pause, events would put it off for ever.
          if (leftMs > 0) await Bun.sleep(restMs);
        } else if (leftMs > 0) await wakened(subscriber, leftMs);
        else {
          beatAt = performance.now() + beatMs;
          yield await beat();
        }
      }
    } finally {
      signal.removeEventListener("abort", drop);
      drop();
    }
  }

  // A subscriber that does not read keeps nothing alive: its stream ends when it is next asked for an event.
  #drop(subscriber: Subscriber<Event>): void {
    this.#subscribers.delete(subscriber);
    subscriber.waiting = [];
    subscriber.wake();
  }
}

/** Until there is something to say to it (or nothing any more), at most `timeoutMs`. */
function wakened(subscriber: Subscriber<unknown>, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    subscriber.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
