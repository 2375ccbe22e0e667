import type { Feed } from "../../contract/feed.ts";
import type { Clock } from "../flow/clock.ts";

interface Subscriber<Event> {
  queue: Event[];
  wake: () => void;
}

export interface BroadcastOptions<Event> {
  /**
   * Makes a heartbeat: the first event of a subscription, and one every `heartbeatMs`, busy or not. It is computed only
   * when the subscriber's queue is empty, so that a heartbeat that carries the state of a log stays in order with the
   * events: it is no older than those before it and no newer than those after it.
   */
  heartbeat(): Promise<Event>;
  heartbeatMs: number;
  /** One event with the content of all these, which are one or more; the oldest comes first. */
  coalesce(queue: readonly [Event, ...Event[]]): Event;
  /**
   * After an event a subscriber waits this long; the events of that time are coalesced. A heartbeat that is due does
   * not wait.
   */
  minIntervalMs: number;
  /** Events in a subscriber's queue, at most. A subscription with more of them ends. */
  maxQueued: number;
  clock: Clock;
}

/** The feed of a service: each subscriber gets the published events at its own pace. */
export class Broadcast<Event> implements Feed<Event> {
  readonly #subscribers = new Set<Subscriber<Event>>();
  readonly #options: BroadcastOptions<Event>;

  constructor(options: BroadcastOptions<Event>) {
    this.#options = options;
  }

  publish(event: Event): void {
    for (const subscriber of this.#subscribers) {
      subscriber.queue.push(event);
      if (subscriber.queue.length > this.#options.maxQueued) this.#drop(subscriber);
      else subscriber.wake();
    }
  }

  /** Ends every subscription. */
  close(): void {
    for (const subscriber of this.#subscribers) this.#drop(subscriber);
  }

  /** The subscription begins when its first event is asked for. */
  async subscribe(signal: AbortSignal): Promise<AsyncGenerator<Event>> {
    return this.#events(signal);
  }

  async *#events(signal: AbortSignal): AsyncGenerator<Event> {
    if (signal.aborted) return;
    const { heartbeat, heartbeatMs, coalesce, minIntervalMs, clock } = this.#options;
    const subscriber: Subscriber<Event> = { queue: [], wake: () => undefined };
    const drop = (): void => this.#drop(subscriber);
    this.#subscribers.add(subscriber);
    signal.addEventListener("abort", drop, { once: true });
    try {
      let nextHeartbeatAt = Number.NEGATIVE_INFINITY;
      while (this.#subscribers.has(subscriber)) {
        const leftMs = nextHeartbeatAt - clock.now();
        const [first, ...others] = subscriber.queue.splice(0);
        if (first !== undefined) {
          yield coalesce([first, ...others]);
          // Without this condition a steady stream of events would delay a due heartbeat without limit.
          if (leftMs > 0) await clock.sleep(minIntervalMs);
        } else if (leftMs > 0) await nextEvent(subscriber, leftMs, clock);
        else {
          nextHeartbeatAt = clock.now() + heartbeatMs;
          yield await heartbeat();
        }
      }
    } finally {
      signal.removeEventListener("abort", drop);
      drop();
    }
  }

  // A stream that is not read stays suspended, so the queue is emptied here and the stream ends when it is next read.
  #drop(subscriber: Subscriber<Event>): void {
    this.#subscribers.delete(subscriber);
    subscriber.queue = [];
    subscriber.wake();
  }
}

/** Resolves when the subscriber gets an event or is dropped, and after `timeoutMs` at the latest. */
function nextEvent(subscriber: Subscriber<unknown>, timeoutMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(timeoutMs, resolve);
    subscriber.wake = () => {
      cancel();
      resolve();
    };
  });
}
