/** How one delivery of a batch went: an answer for each item in order, or none (and whether it may have arrived). */
export type Delivery<Answer> = { answers: Answer[] } | { answers?: undefined; arrived: "maybe" | "no" };

/** Why an item got no answer: it waited too long or found no room, its peer is away, or its fate is not known. */
export type Unanswered = "overloaded" | "unavailable" | "outcome_unknown";

export interface BatcherOptions<Item, Answer> {
  maxItems: number;
  /** A batch of so many or more goes beside one that is under way, and may arrive before it. Two are under way at most. */
  minConcurrentBatch: number;
  maxQueued: number;
  /** How long an item should wait at most before its batch goes; see `hasRoom`. */
  maxWaitMs: number;
  retryDelayMs: number;
  /**
   * Must not reject: what it cannot tell is `arrived: "maybe"`. `signal` fires when nobody waits any more. `goOn` may be
   * called when the peer can take the next batch, before this one's answers are at hand; it says whether one went.
   */
  deliver(items: Item[], signal: AbortSignal, goOn: () => boolean): Promise<Delivery<Answer>>;
  unanswered(why: Unanswered): Answer;
  /** What an answer is worth to an item of which an earlier copy may have arrived. */
  afterPossibleDelivery(answer: Answer): Answer;
}

interface Waiting<Item, Answer> {
  item: Item;
  deadline: number;
  /** A copy of it may have reached the peer: from then on only an outcome, or outcome_unknown, answers it. */
  maybeSent: boolean;
  resolve: ((answer: Answer) => void) | undefined;
}

/** A batch under way. */
interface Flight<Item, Answer> {
  waiting: Waiting<Item, Answer>[];
  abort: AbortController;
  /** A copy of it is at the peer, or on its way there. */
  isAttempting: boolean;
  /** The peer can take the next one. */
  isPeerFree: boolean;
  over: Promise<void>;
}

const sweepMs = 20;
/** Batches under this size say little about the pace; and this many are taken whatever the pace. */
const leastPaced = 64;
const leastRoom = 512;
const maxFlights = 2;

/**
 * Group commit for requests: while one batch is under way (or two are), all that arrives is the next. There is no
 * timer to gather by, so an idle batcher adds no wait. A batch that may have arrived is sent again, the same items, until
 * it is answered or nobody waits for it any more. Items that came together stay in order: what a full batch leaves behind
 * goes when that one has landed.
 */
export class Batcher<Item, Answer> {
  #queue: Waiting<Item, Answer>[] = [];
  readonly #flights = new Set<Flight<Item, Answer>>();
  /** The last batch, if it was full and left some of the queue behind. */
  #leftSome: Flight<Item, Answer> | undefined;
  #peerAway = false;
  #itemsPerMs = 0;
  #landedAt = 0;
  #scheduled = false;
  #sweeper: ReturnType<typeof setInterval> | undefined;
  readonly #options: BatcherOptions<Item, Answer>;

  constructor(options: BatcherOptions<Item, Answer>) {
    this.#options = options;
  }

  /** Items that wait or are under way. */
  get size(): number {
    let size = this.#queue.length;
    for (const { waiting } of this.#flights) size += waiting.length;
    return size;
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

  /** Gives up on what is under way and resolves when nothing of it runs any more. For the end of a process. */
  async close(): Promise<void> {
    for (const waiting of this.#queue.splice(0)) settle(waiting, this.#options.unanswered("unavailable"));
    const flights = [...this.#flights];
    for (const { waiting, abort } of flights) {
      for (const one of waiting) settle(one, this.#options.unanswered("outcome_unknown"));
      abort.abort();
    }
    await Promise.all(flights.map(({ over }) => over));
    clearInterval(this.#sweeper);
  }

  get #mayFly(): boolean {
    const [first] = this.#flights;
    if (!first || this.#queue.length === 0) return this.#queue.length > 0;
    if (this.#flights.size === maxFlights) return false;
    const isLeftover = this.#leftSome !== undefined && this.#flights.has(this.#leftSome);
    return first.isPeerFree || (this.#queue.length >= this.#options.minConcurrentBatch && !isLeftover);
  }

  // After this turn of the event loop, so that all requests it read go together.
  #schedule(): void {
    if (this.#scheduled || !this.#mayFly) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#mayFly) this.#takeOff();
    });
  }

  #takeOff(): void {
    const waiting = this.#queue.splice(0, this.#options.maxItems);
    const abort = new AbortController();
    const flight = { waiting, abort, isAttempting: false, isPeerFree: false, over: Promise.resolve() };
    this.#leftSome = this.#queue.length > 0 ? flight : undefined;
    this.#flights.add(flight);
    flight.over = this.#fly(flight);
  }

  async #fly(flight: Flight<Item, Answer>): Promise<void> {
    while (isAwaited(flight)) {
      // Who was told meanwhile that nothing was done is not sent after all.
      flight.waiting = flight.waiting.filter((waiting) => waiting.resolve ?? waiting.maybeSent);
      const items = flight.waiting.map((waiting) => waiting.item);
      flight.isAttempting = true;
      const startedAt = performance.now();
      const delivery = await this.#options.deliver(items, flight.abort.signal, () => this.#goOn(flight));
      flight.isAttempting = flight.isPeerFree = false;
      this.#peerAway = !delivery.answers && delivery.arrived === "no";
      // Fewer or more answers than items cannot be told apart: ask again.
      if (delivery.answers?.length === items.length) {
        this.#pace(items.length, startedAt);
        this.#land(flight, delivery.answers);
        return;
      }
      if (delivery.answers || delivery.arrived === "maybe")
        for (const waiting of flight.waiting) waiting.maybeSent = true;
      await Bun.sleep(this.#options.retryDelayMs);
    }
    this.#flights.delete(flight);
    this.#schedule();
  }

  #goOn(flight: Flight<Item, Answer>): boolean {
    flight.isPeerFree = true;
    const may = this.#mayFly;
    if (may) this.#takeOff();
    return may;
  }

  // The next batch goes first, so that the peer works while these are answered, which may take as long as it does.
  #land(flight: Flight<Item, Answer>, answers: Answer[]): void {
    const answer = (): void => {
      for (const [index, one] of answers.entries()) this.#answer(flight.waiting[index], one);
    };
    this.#flights.delete(flight);
    if (!this.#mayFly) {
      answer();
      return;
    }
    this.#takeOff();
    setImmediate(answer);
  }

  #answer(waiting: Waiting<Item, Answer> | undefined, answer: Answer): void {
    if (waiting) settle(waiting, waiting.maybeSent ? this.#options.afterPossibleDelivery(answer) : answer);
  }

  // A moving average, so that one slow batch does not close the door. What a batch waited for another is that one's, and
  // it counts by the rest: of two that land together the second took no time at all.
  #pace(items: number, startedAt: number): void {
    const now = performance.now();
    const tookMs = Math.max(now - Math.max(startedAt, this.#landedAt), 1);
    const weight = 0.2 * (tookMs / Math.max(now - startedAt, 1));
    this.#landedAt = now;
    if (items < leastPaced) return;
    const pace = items / tookMs;
    this.#itemsPerMs = this.#itemsPerMs === 0 ? pace : this.#itemsPerMs * (1 - weight) + pace * weight;
  }

  #sweep(): void {
    const now = performance.now();
    for (const flight of this.#flights) {
      for (const waiting of flight.waiting) {
        const why = flight.isAttempting || waiting.maybeSent ? "outcome_unknown" : "unavailable";
        if (waiting.deadline <= now) settle(waiting, this.#options.unanswered(why));
      }
      if (!isAwaited(flight)) flight.abort.abort();
    }

    const late = this.#queue.filter((waiting) => waiting.deadline <= now);
    for (const waiting of late)
      settle(waiting, this.#options.unanswered(this.#peerAway ? "unavailable" : "overloaded"));
    if (late.length > 0) this.#queue = this.#queue.filter((waiting) => waiting.resolve);

    if (this.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

function isAwaited({ waiting }: Flight<unknown, never>): boolean {
  return waiting.some(({ resolve }) => resolve);
}

function settle<Answer>(waiting: Waiting<unknown, Answer>, answer: Answer): void {
  if (!waiting.resolve) return;
  waiting.resolve(answer);
  waiting.resolve = undefined;
}
