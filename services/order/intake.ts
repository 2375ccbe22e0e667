import type { DatabaseFile } from "../../db/sqlite/database-file.ts";
import {
  afterPossibleDelivery,
  orderIdOf,
  type Order,
  type OrderOutcome,
  type SubmitReply,
  type SubmitRequest,
} from "../contract/order.ts";
import type { OrderService } from "../contract/order-service.ts";
import { ok, rejected, type Reply } from "../contract/reply.ts";
import { newest } from "../contract/stock.ts";
import { Batcher } from "../runtime/flow/batcher.ts";
import type { Clock } from "../runtime/flow/clock.ts";
import { untilAborted } from "../runtime/flow/until-aborted.ts";
import type { Answered, Dispatcher } from "./dispatcher.ts";

export interface OrderIntakeOptions {
  batchMax: number;
  maxQueued: number;
}

interface InFlight {
  requestId: string;
  answer: Promise<Answered>;
}

/**
 * Accepts orders: a resent copy gets the answer of the order in flight, another request with the same key is rejected,
 * and all others go to the dispatcher in batches.
 */
export class OrderIntake {
  readonly #inFlight = new Map<string, InFlight>();
  readonly #batcher: Batcher<Order, Answered>;
  readonly #file: Pick<DatabaseFile, "problem" | "lastingProblem"> | undefined;
  #isClosed = false;

  /** `file` is the ledger's, when it has one. */
  constructor(
    dispatcher: Pick<Dispatcher, "deliver">,
    { batchMax, maxQueued }: OrderIntakeOptions,
    clock: Clock,
    file?: Pick<DatabaseFile, "problem" | "lastingProblem">,
  ) {
    this.#file = file;
    this.#batcher = new Batcher({
      clock,
      maxItems: batchMax,
      minConcurrentBatch: Infinity,
      maxQueued,
      maxWaitMs: Infinity,
      retryDelayMs: 50,
      deliver: dispatcher.deliver,
      rejectionFor: (reason) => failed(reason),
      afterPossibleDelivery: ({ outcome, stock }) => ({ outcome: afterPossibleDelivery(outcome), stock }),
    });
  }

  /** Orders that are queued or in flight. */
  get size(): number {
    return this.#batcher.size;
  }

  /** Cannot be undone. Orders in flight are answered outcome_unknown, queued and later ones unavailable. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#batcher.close();
  }

  /** `OrderService.submit`: an outcome for each order of a request, and the newest states of the stocks that traded. */
  readonly submit: OrderService["submit"] = (request, signal) =>
    untilAborted(this.#submitAll(request), signal);

  /** Resolves with the order's answer, at the latest after `timeoutMs`. Never rejects. */
  submitOne(order: Order, timeoutMs: number): Promise<Answered> {
    const id = orderIdOf(order);
    const other = this.#inFlight.get(id);
    if (other) {
      const isCopy = other.requestId === order.request_id;
      return isCopy ? other.answer : Promise.resolve(failed("order_in_flight"));
    }
    if (this.#isClosed) return Promise.resolve(failed("unavailable"));
    const answer = this.#batcher.submit(order, timeoutMs).finally(() => this.#inFlight.delete(id));
    this.#inFlight.set(id, { requestId: order.request_id, answer });
    return answer;
  }

  async #submitAll({ orders }: SubmitRequest): Promise<Reply<SubmitReply>> {
    if (this.#file?.lastingProblem() !== undefined) return rejected("unavailable");
    const answers = await Promise.all(
      orders.map(({ timeout_ms, ...order }) => this.submitOne(order, timeout_ms)),
    );
    // Nothing is acknowledged into a file that the next start would not find.
    if (this.#file?.problem() !== undefined) return { ok: false, arrived: "maybe" };
    const stocks = newest(answers.flatMap(({ stock }) => stock ?? []));
    return ok({ outcomes: answers.map(({ outcome }) => outcome), stocks });
  }
}

function failed(reason: Extract<OrderOutcome, { kind: "failed" }>["reason"]): Answered {
  return { outcome: { kind: "failed", reason }, stock: undefined };
}
