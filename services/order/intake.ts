import { afterPossibleDelivery, orderIdOf, type Order, type OrderOutcome } from "../contract/order.ts";
import { Batcher } from "../runtime/flow/batcher.ts";
import type { Answered, Follower } from "./follower.ts";

export interface OrderIntakeOptions {
  batchMax: number;
  maxQueued: number;
}

interface UnderWay {
  requestId: string;
  answer: Promise<Answered>;
}

/**
 * Takes orders in: joins a resent copy with the one under way, turns away another request with the same key, and
 * hands the rest to the follower in batches.
 */
export class OrderIntake {
  readonly #underWay = new Map<string, UnderWay>();
  readonly #batcher: Batcher<Order, Answered>;

  constructor(follower: Pick<Follower, "deliver">, { batchMax, maxQueued }: OrderIntakeOptions) {
    this.#batcher = new Batcher({
      maxItems: batchMax,
      minConcurrentBatch: Infinity,
      maxQueued,
      maxWaitMs: Infinity,
      retryDelayMs: 50,
      deliver: (orders, signal, goOn) => follower.deliver(orders, signal, goOn),
      unanswered: (why) => failed(why),
      afterPossibleDelivery: ({ outcome, stock }) => ({ outcome: afterPossibleDelivery(outcome), stock }),
    });
  }

  /** Orders that wait or are under way. */
  get size(): number {
    return this.#batcher.size;
  }

  /** For the end of a process: what is still under way is answered outcome_unknown. */
  close(): Promise<void> {
    return this.#batcher.close();
  }

  submit(order: Order, timeoutMs: number): Promise<Answered> {
    const id = orderIdOf(order);
    const other = this.#underWay.get(id);
    if (other) {
      const isCopy = other.requestId === order.request_id;
      return isCopy ? other.answer : Promise.resolve(failed("order_in_flight"));
    }
    const answer = this.#batcher.submit(order, timeoutMs).finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, { requestId: order.request_id, answer });
    return answer;
  }
}

function failed(reason: Extract<OrderOutcome, { kind: "failed" }>["reason"]): Answered {
  return { outcome: { kind: "failed", reason }, stock: undefined };
}
