interface Follower<Event> {
  waiting: Event[];
  wake: () => void;
}

export interface BroadcastOptions<Event> {
  /**
   * Said to each follower at first and every `beatMs`, busy or not. It is asked for when nothing else waits, so that
   * what it tells is never older than what was said before it, nor newer than what comes after.
   */
  beat(): Promise<Event>;
  beatMs: number;
  /** One event that says what all of these say, of which there is one at least; the oldest comes first. */
  merge(waiting: readonly [Event, ...Event[]]): Event;
  /** A follower that was told something is told more after this time only: what comes meanwhile is merged. */
  restMs: number;
  /** Events that may wait for one follower; past that it is cut off, and comes back to a fresh start. */
  maxWaiting: number;
}

/** Says the same to any number of followers, each at its own pace. */
export class Broadcast<Event> {
  readonly #followers = new Set<Follower<Event>>();
  readonly #options: BroadcastOptions<Event>;

  constructor(options: BroadcastOptions<Event>) {
    this.#options = options;
  }

  publish(event: Event): void {
    for (const follower of this.#followers) {
      follower.waiting.push(event);
      if (follower.waiting.length > this.#options.maxWaiting) this.#drop(follower);
      else follower.wake();
    }
  }

  /** Ends every follower's stream. For the end of a process. */
  close(): void {
    for (const follower of this.#followers) this.#drop(follower);
  }

  /** Everything published from now on, merged, with beats between. Ends when `signal` fires or the follower is too slow. */
  async *follow(signal: AbortSignal): AsyncGenerator<Event> {
    if (signal.aborted) return;
    const { beat, beatMs, merge, restMs } = this.#options;
    const follower: Follower<Event> = { waiting: [], wake: () => undefined };
    const drop = (): void => this.#drop(follower);
    this.#followers.add(follower);
    signal.addEventListener("abort", drop, { once: true });
    try {
      let beatAt = Number.NEGATIVE_INFINITY;
      while (this.#followers.has(follower)) {
        const leftMs = beatAt - performance.now();
        const [first, ...others] = follower.waiting.splice(0);
        if (first !== undefined) {
          yield merge([first, ...others]);
          // A beat that is due does not rest: published without a pause, events would put it off for ever.
          if (leftMs > 0) await Bun.sleep(restMs);
        } else if (leftMs > 0) await wakened(follower, leftMs);
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

  // A follower that does not read keeps nothing alive: its stream ends when it is next asked for an event.
  #drop(follower: Follower<Event>): void {
    this.#followers.delete(follower);
    follower.waiting = [];
    follower.wake();
  }
}

/** Until there is something to say to it (or nothing any more), at most `timeoutMs`. */
function wakened(follower: Follower<unknown>, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    follower.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
