import type { Clock } from "./clock.ts";

/**
 * How one delivery of a batch ended: an answer for each item in order, or none, and whether the batch may have
 * arrived.
 */
export type Delivery<Answer> = { answers: Answer[] } | { answers?: undefined; arrived: "maybe" | "no" };

/**
 * Why an item is answered without the peer: the queue was full or its deadline passed in the queue, the peer is away,
 * or a copy of it may have arrived.
 */
export type RejectionReason = "overloaded" | "unavailable" | "outcome_unknown";

export interface BatcherOptions<Item, Answer> {
  clock: Clock;
  maxItems: number;
  /**
   * A batch of this size or more is dispatched although another one is in flight, and may arrive before it. At most two
   * batches are in flight.
   */
  minConcurrentBatch: number;
  maxQueued: number;
  /** How long an item should wait in the queue at most; see `hasRoom`. */
  maxWaitMs: number;
  retryDelayMs: number;
  /**
   * Sends a batch. Must not reject: an unknown result is `arrived: "maybe"`. `signal` fires when no item of the batch
   * is waited for any more. `onPeerReady` may be called when the peer can take the next batch although this one is
   * not answered yet; it returns whether a next batch was dispatched.
   */
  deliver(items: Item[], signal: AbortSignal, onPeerReady: () => boolean): Promise<Delivery<Answer>>;
  /** The answer to an item that the peer did not answer. */
  rejectionFor(reason: RejectionReason): Answer;
  /** What an answer means for an item of which an earlier copy may have arrived. */
  afterPossibleDelivery(answer: Answer): Answer;
}

interface Entry<Item, Answer> {
  item: Item;
  /** By the clock's `now`. */
  deadline: number;
  /** A copy of the item may have reached the peer: only an outcome or outcome_unknown may answer it. */
  mayHaveArrived: boolean;
  /** Undefined once the item is answered. */
  resolve: ((answer: Answer) => void) | undefined;
}

/** A batch in flight. */
interface Batch<Item, Answer> {
  entries: Entry<Item, Answer>[];
  abort: AbortController;
  /** A copy of it is at the peer, or on its way. False between two attempts. */
  isAttempting: boolean;
  /** The peer can take the next batch. */
  isPeerReady: boolean;
  ended: Promise<void>;
}

const sweepMs = 20;
/** Throughput is measured only on batches of at least this many items. */
const minMeasuredBatch = 64;
/** At least this many items may be queued, at any throughput. */
const minRoom = 512;
const maxBatchesInFlight = 2;

/**
 * Group commit for requests: the items that arrive while a batch is in flight become the next batch. No timer gathers
 * them, so an idle batcher adds no delay.
 *
 * An item is queued, then in flight, then answered:
 * - queued → answered: the queue was full, or its deadline passed, or `close` was called. Nothing was sent.
 * - queued → in flight: its batch is dispatched, when no other is in flight, when the peer of the one in flight is
 *   ready, or when the queue is long enough for a concurrent batch.
 * - in flight → answered: by the peer, or at its deadline. A batch that got no answer is sent again, with the same
 *   items, until it is answered or no item of it is waited for.
 *
 * Invariants: an item is answered exactly once. An item that was answered "nothing was done" is never sent
 * afterwards. Items stay in their order: what did not fit into a full batch is dispatched after that batch has
 * completed, unless the peer is ready for it.
 */
export class Batcher<Item, Answer> {
  readonly #options: BatcherOptions<Item, Answer>;
  #queue: Entry<Item, Answer>[] = [];
  readonly #inFlight = new Set<Batch<Item, Answer>>();
  /** The last batch, if it was full and a part of the queue did not fit. */
  #lastPartial: Batch<Item, Answer> | undefined;
  #isPeerAway = false;
  /** Throughput; 0 until it was measured. */
  #itemsPerMs = 0;
  #lastCompletedAt = 0;
  #isScheduled = false;
  #cancelSweeps: (() => void) | undefined;

  constructor(options: BatcherOptions<Item, Answer>) {
    this.#options = options;
  }

  /** Items that are queued or in flight. */
  get size(): number {
    let size = this.#queue.length;
    for (const { entries } of this.#inFlight) size += entries.length;
    return size;
  }

  /**
   * Whether `count` more items would be accepted and, at the measured throughput, be in flight within `maxWaitMs`. An
   * empty queue always has room for up to `maxQueued`.
   */
  hasRoom(count: number): boolean {
    const queued = this.#queue.length;
    const maxInTime = Math.max(minRoom, this.#itemsPerMs * this.#options.maxWaitMs);
    return queued + count <= this.#options.maxQueued && (queued === 0 || queued + count <= maxInTime);
  }

  /** Resolves with the item's answer, at the latest (to within 20 ms) after `timeoutMs`. Never rejects. */
  submit(item: Item, timeoutMs: number): Promise<Answer> {
    const { clock, maxQueued, rejectionFor } = this.#options;
    if (this.#queue.length >= maxQueued) return Promise.resolve(rejectionFor("overloaded"));
    return new Promise((resolve) => {
      this.#queue.push({ item, deadline: clock.now() + timeoutMs, mayHaveArrived: false, resolve });
      this.#cancelSweeps ??= clock.every(sweepMs, () => this.#sweep());
      this.#schedule();
    });
  }

  /**
   * Answers everything that is queued or in flight, and resolves when no delivery runs any more. For the end of a
   * process.
   */
  async close(): Promise<void> {
    const { rejectionFor } = this.#options;
    for (const entry of this.#queue.splice(0)) resolveOnce(entry, rejectionFor("unavailable"));
    const batches = [...this.#inFlight];
    for (const { entries, abort } of batches) {
      for (const entry of entries) resolveOnce(entry, rejectionFor("outcome_unknown"));
      abort.abort();
    }
    await Promise.all(batches.map(({ ended }) => ended));
    this.#cancelSweeps?.();
  }

  get #canDispatch(): boolean {
    if (this.#queue.length === 0) return false;
    const [first] = this.#inFlight;
    if (!first) return true;
    if (this.#inFlight.size === maxBatchesInFlight) return false;
    const followsPartial = this.#lastPartial !== undefined && this.#inFlight.has(this.#lastPartial);
    return first.isPeerReady || (this.#queue.length >= this.#options.minConcurrentBatch && !followsPartial);
  }

  // After this turn of the event loop, so that all requests that were read in this turn go in one batch.
  #schedule(): void {
    if (this.#isScheduled || !this.#canDispatch) return;
    this.#isScheduled = true;
    this.#options.clock.afterThisTurn(() => {
      this.#isScheduled = false;
      if (this.#canDispatch) this.#dispatch();
    });
  }

  #dispatch(): void {
    const entries = this.#queue.splice(0, this.#options.maxItems);
    const abort = new AbortController();
    const batch = { entries, abort, isAttempting: false, isPeerReady: false, ended: Promise.resolve() };
    this.#lastPartial = this.#queue.length > 0 ? batch : undefined;
    this.#inFlight.add(batch);
    batch.ended = this.#send(batch);
  }

  async #send(batch: Batch<Item, Answer>): Promise<void> {
    const { clock, deliver, retryDelayMs } = this.#options;
    while (isAwaited(batch)) {
      // Drop items that timed out before any copy was sent.
      batch.entries = batch.entries.filter((entry) => entry.resolve ?? entry.mayHaveArrived);
      const items = batch.entries.map(({ item }) => item);
      batch.isAttempting = true;
      const startedAt = clock.now();
      const delivery = await deliver(items, batch.abort.signal, () => this.#onPeerReady(batch));
      batch.isAttempting = batch.isPeerReady = false;
      this.#isPeerAway = !delivery.answers && delivery.arrived === "no";
      // With more or fewer answers than items, answers cannot be matched to items: send the batch again.
      if (delivery.answers?.length === items.length) {
        this.#measure(items.length, startedAt);
        this.#complete(batch, delivery.answers);
        return;
      }
      if (delivery.answers || delivery.arrived === "maybe")
        for (const entry of batch.entries) entry.mayHaveArrived = true;
      await clock.sleep(retryDelayMs);
    }
    this.#inFlight.delete(batch);
    this.#schedule();
  }

  #onPeerReady(batch: Batch<Item, Answer>): boolean {
    batch.isPeerReady = true;
    const canDispatch = this.#canDispatch;
    if (canDispatch) this.#dispatch();
    return canDispatch;
  }

  // Dispatches the next batch first, so that the peer decides it while the items of this one are answered; answering
  // may take as long as deciding.
  #complete(batch: Batch<Item, Answer>, answers: Answer[]): void {
    const resolveAll = (): void => {
      for (const [index, answer] of answers.entries()) this.#answer(batch.entries[index], answer);
    };
    this.#inFlight.delete(batch);
    if (!this.#canDispatch) {
      resolveAll();
      return;
    }
    this.#dispatch();
    this.#options.clock.afterThisTurn(resolveAll);
  }

  #answer(entry: Entry<Item, Answer> | undefined, answer: Answer): void {
    if (entry)
      resolveOnce(entry, entry.mayHaveArrived ? this.#options.afterPossibleDelivery(answer) : answer);
  }

  // Exponential moving average of throughput, so that one slow batch does not close admission. With two batches in
  // flight only the time since the previous one completed is counted; otherwise that time would count twice.
  #measure(items: number, startedAt: number): void {
    const now = this.#options.clock.now();
    const tookMs = Math.max(now - Math.max(startedAt, this.#lastCompletedAt), 1);
    const weight = 0.2 * (tookMs / Math.max(now - startedAt, 1));
    this.#lastCompletedAt = now;
    if (items < minMeasuredBatch) return;
    const measured = items / tookMs;
    this.#itemsPerMs =
      this.#itemsPerMs === 0 ? measured : this.#itemsPerMs * (1 - weight) + measured * weight;
  }

  #sweep(): void {
    const { clock, rejectionFor } = this.#options;
    const now = clock.now();
    for (const batch of this.#inFlight) {
      for (const entry of batch.entries) {
        const reason = batch.isAttempting || entry.mayHaveArrived ? "outcome_unknown" : "unavailable";
        if (entry.deadline <= now) resolveOnce(entry, rejectionFor(reason));
      }
      if (!isAwaited(batch)) batch.abort.abort();
    }

    const late = this.#queue.filter(({ deadline }) => deadline <= now);
    for (const entry of late)
      resolveOnce(entry, rejectionFor(this.#isPeerAway ? "unavailable" : "overloaded"));
    if (late.length > 0) this.#queue = this.#queue.filter(({ resolve }) => resolve);

    if (this.size > 0) return;
    this.#cancelSweeps?.();
    this.#cancelSweeps = undefined;
  }
}

function isAwaited({ entries }: Batch<unknown, never>): boolean {
  return entries.some(({ resolve }) => resolve);
}

function resolveOnce<Answer>(entry: Entry<unknown, Answer>, answer: Answer): void {
  entry.resolve?.(answer);
  entry.resolve = undefined;
}
