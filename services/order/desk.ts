import { inDoubt, orderIdOf, type Order, type OrderOutcome } from "../contract/order.ts";
import { Batcher } from "../runtime/batcher.ts";
import type { Answered, Follower } from "./follower.ts";

export interface DeskOptions {
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
export class Desk {
  readonly #underWay = new Map<string, UnderWay>();
  readonly #batcher: Batcher<Order, Answered>;

  constructor(follower: Pick<Follower, "deliver">, { batchMax, maxQueued }: DeskOptions) {
    this.#batcher = new Batcher({
      maxItems: batchMax,
      besideLeast: Infinity,
      maxQueued,
      maxWaitMs: Infinity,
      retryDelayMs: 50,
      deliver: (orders, signal, goOn) => follower.deliver(orders, signal, goOn),
      unanswered: (why) => failed(why),
      inDoubt: ({ outcome, stock }) => ({ outcome: inDoubt(outcome), stock }),
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
