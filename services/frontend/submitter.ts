import { afterPossibleDelivery, type Order, type OrderOutcome, type SubmitReply } from "../contract/order.ts";
import { Batcher, type Delivery } from "../runtime/flow/batcher.ts";
import { systemClock } from "../runtime/flow/clock.ts";
import type { Peers } from "./peers.ts";

export interface SubmitterOptions {
  batchMax: number;
  maxQueued: number;
  orderTimeoutMs: number;
  /** How long an order should wait at most for its call, at the pace of late. */
  maxWaitMs: number;
  /** Told of what our own orders came to, in order, before they are answered. */
  onReply(orders: readonly Order[], reply: SubmitReply): void;
}

interface Timed {
  order: Order;
  deadline: number;
}

/** A call that takes longer is given up and sent again: the same requests, which the order service joins. */
const attemptTimeoutMs = 2_000;
/** So that the order service has the next orders at hand when the catalog has decided the last; fewer gather. */
const minConcurrentBatch = 32;

/** Sends the orders that arrive together to the order service in one call. */
export class Submitter {
  readonly #batcher: Batcher<Timed, OrderOutcome>;
  readonly #timeoutMs: number;
  readonly #peers: Pick<Peers, "submit">;

  readonly #onReply: SubmitterOptions["onReply"];

  constructor(peers: Pick<Peers, "submit">, options: SubmitterOptions) {
    const { batchMax, maxQueued, maxWaitMs, orderTimeoutMs } = options;
    this.#peers = peers;
    this.#onReply = options.onReply;
    this.#timeoutMs = orderTimeoutMs;
    this.#batcher = new Batcher({
      clock: systemClock,
      maxItems: batchMax,
      minConcurrentBatch,
      maxQueued,
      maxWaitMs,
      retryDelayMs: 50,
      deliver: (orders, signal) => this.#deliver(orders, signal),
      rejectionFor: (reason) => ({ kind: "failed", reason }),
      afterPossibleDelivery,
    });
  }

  /** Orders that wait or are under way. */
  get size(): number {
    return this.#batcher.size;
  }

  hasRoom(count: number): boolean {
    return this.#batcher.hasRoom(count);
  }

  /** For the end of a process: what is still under way is answered outcome_unknown. */
  close(): Promise<void> {
    return this.#batcher.close();
  }

  submit(order: Order): Promise<OrderOutcome> {
    const deadline = performance.now() + this.#timeoutMs;
    return this.#batcher.submit({ order, deadline }, this.#timeoutMs);
  }

  async #deliver(batch: Timed[], signal: AbortSignal): Promise<Delivery<OrderOutcome>> {
    const now = performance.now();
    // A little less than what is left, so that the order service's more exact answer comes before our own.
    const orders = batch.map(({ order, deadline }) => ({
      ...order,
      timeout_ms: Math.max(0, (deadline - now) * 0.9),
    }));
    const reply = await this.#peers.submit({ orders }, attemptTimeoutMs, signal);
    if (reply.ok) {
      this.#onReply(orders, reply.data);
      return { answers: reply.data.outcomes };
    }
    if (reply.arrived !== "yes") return { arrived: reply.arrived };
    return { answers: batch.map(() => ({ kind: "failed", reason: reply.reason })) };
  }
}
