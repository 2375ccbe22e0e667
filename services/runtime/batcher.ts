/** How one delivery of a batch went: an answer for each item in order, or none (and whether it may have arrived). */
export type Delivery<Answer> = { answers: Answer[] } | { answers?: undefined; arrived: "maybe" | "no" };

/** Why an item got no answer: it waited too long or found no room, its peer is away, or its fate is not known. */
export type Unanswered = "overloaded" | "unavailable" | "outcome_unknown";

export interface BatcherOptions<Item, Answer> {
  maxItems: number;
  maxQueued: number;
  /** How long an item should wait at most before its batch goes; see `hasRoom`. */
  maxWaitMs: number;
  retryDelayMs: number;
  /** Must not reject: what it cannot tell is `arrived: "maybe"`. `signal` fires when nobody waits any more. */
  deliver(items: Item[], signal: AbortSignal): Promise<Delivery<Answer>>;
  unanswered(why: Unanswered): Answer;
  /** What an answer is worth to an item of which an earlier copy may have arrived. */
  inDoubt(answer: Answer): Answer;
}

interface Waiting<Item, Answer> {
  item: Item;
  deadline: number;
  /** A copy of it may have reached the peer: from then on only an outcome, or outcome_unknown, answers it. */
  maybeSent: boolean;
  resolve: ((answer: Answer) => void) | undefined;
}

const sweepMs = 20;
/** Batches under this size say little about the pace; and this many are taken whatever the pace. */
const leastPaced = 64;
const leastRoom = 512;

/**
 * Group commit for requests: one batch is under way, and all that arrives meanwhile is the next. There is no timer
 * to gather by, so an idle batcher adds no wait. A batch that may have arrived is sent again, the same items, until
 * it is answered or nobody waits for it any more.
 */
export class Batcher<Item, Answer> {
  #queue: Waiting<Item, Answer>[] = [];
  #flight: Waiting<Item, Answer>[] = [];
  #abort = new AbortController();
  #attempting = false;
  #peerAway = false;
  #itemsPerMs = 0;
  #scheduled = false;
  #flying: Promise<void> = Promise.resolve();
  #sweeper: ReturnType<typeof setInterval> | undefined;
  readonly #options: BatcherOptions<Item, Answer>;

  constructor(options: BatcherOptions<Item, Answer>) {
    this.#options = options;
  }

  /** Items that wait or are under way. */
  get size(): number {
    return this.#queue.length + this.#flight.length;
  }

  /**
   * Whether `count` more items would be taken and, at the pace of late, be under way within `maxWaitMs`. An empty
   * queue always has room.
   */
  hasRoom(count: number): boolean {
    const queued = this.#queue.length;
    const inTime = Math.max(leastRoom, this.#itemsPerMs * this.#options.maxWaitMs);
    return queued + count <= this.#options.maxQueued && (queued === 0 || queued + count <= inTime);
  }

  /** Resolves with the item's answer, or with what `unanswered` makes of it after `timeoutMs`. Never rejects. */
  submit(item: Item, timeoutMs: number): Promise<Answer> {
    if (this.#queue.length >= this.#options.maxQueued)
      return Promise.resolve(this.#options.unanswered("overloaded"));
    return new Promise((resolve) => {
      this.#queue.push({ item, deadline: performance.now() + timeoutMs, maybeSent: false, resolve });
      this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs);
      this.#schedule();
    });
  }

  /** Gives up on the batch under way and resolves when nothing of it runs any more. For the end of a process. */
  async close(): Promise<void> {
    for (const waiting of this.#queue.splice(0)) settle(waiting, this.#options.unanswered("unavailable"));
    for (const waiting of this.#flight) settle(waiting, this.#options.unanswered("outcome_unknown"));
    this.#abort.abort();
    await this.#flying;
    clearInterval(this.#sweeper);
  }

  // After this turn of the event loop, so that all requests it read go together.
  #schedule(): void {
    if (this.#scheduled || this.#flight.length > 0 || this.#queue.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flying = this.#fly();
    });
  }

  async #fly(): Promise<void> {
    this.#flight = this.#queue.splice(0, this.#options.maxItems);
    this.#abort = new AbortController();
    while (this.#isAwaited()) {
      // Who was told meanwhile that nothing was done is not sent after all.
      this.#flight = this.#flight.filter((waiting) => waiting.resolve ?? waiting.maybeSent);
      const items = this.#flight.map((waiting) => waiting.item);
      this.#attempting = true;
      const startedAt = performance.now();
      const delivery = await this.#options.deliver(items, this.#abort.signal);
      this.#attempting = false;
      this.#peerAway = !delivery.answers && delivery.arrived === "no";
      // Fewer or more answers than items cannot be told apart: ask again.
      if (delivery.answers?.length === items.length) {
        this.#pace(items.length, performance.now() - startedAt);
        this.#land(this.#flight, delivery.answers);
        return;
      }
      if (delivery.answers || delivery.arrived === "maybe")
        for (const waiting of this.#flight) waiting.maybeSent = true;
      await Bun.sleep(this.#options.retryDelayMs);
    }
    this.#flight = [];
    this.#schedule();
  }

  // The next batch goes first, so that the peer works while these are answered, which may take as long as it does.
  #land(flight: Waiting<Item, Answer>[], answers: Answer[]): void {
    const answer = (): void => {
      for (const [index, waiting] of flight.entries()) this.#answer(waiting, answers[index]!);
    };
    this.#flight = [];
    if (this.#queue.length === 0) {
      answer();
      return;
    }
    this.#flying = this.#fly();
    setImmediate(answer);
  }

  #answer(waiting: Waiting<Item, Answer>, answer: Answer): void {
    settle(waiting, waiting.maybeSent ? this.#options.inDoubt(answer) : answer);
  }

  // A moving average, so that one slow batch does not close the door.
  #pace(items: number, tookMs: number): void {
    if (items < leastPaced) return;
    const pace = items / Math.max(tookMs, 1);
    this.#itemsPerMs = this.#itemsPerMs === 0 ? pace : this.#itemsPerMs * 0.8 + pace * 0.2;
  }

  #isAwaited(): boolean {
    return this.#flight.some((waiting) => waiting.resolve);
  }

  #sweep(): void {
    const now = performance.now();
    for (const waiting of this.#flight) {
      const why = this.#attempting || waiting.maybeSent ? "outcome_unknown" : "unavailable";
      if (waiting.deadline <= now) settle(waiting, this.#options.unanswered(why));
    }
    if (this.#flight.length > 0 && !this.#isAwaited()) this.#abort.abort();

    const late = this.#queue.filter((waiting) => waiting.deadline <= now);
    for (const waiting of late)
      settle(waiting, this.#options.unanswered(this.#peerAway ? "unavailable" : "overloaded"));
    if (late.length > 0) this.#queue = this.#queue.filter((waiting) => waiting.resolve);

    if (this.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

function settle<Answer>(waiting: Waiting<unknown, Answer>, answer: Answer): void {
  if (!waiting.resolve) return;
  waiting.resolve(answer);
  waiting.resolve = undefined;
}
