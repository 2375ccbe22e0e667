import { isDeepStrictEqual } from "node:util";

import { errorBody, type ErrorBody } from "../../contract/errors.ts";
import type { OrderInput } from "../../contract/order-input.ts";
import type { OrderService } from "../../contract/order-service.ts";
import { afterPossibleDelivery, type Order, type OrderOutcome } from "../../contract/order.ts";
import { receiptOf, type Receipt } from "../../contract/trade.ts";
import type { RuntimeContext } from "../../runtime/context.ts";
import { Batcher, type Delivery } from "../../runtime/flow/batcher.ts";
import { withDeadline } from "../../runtime/flow/deadline.ts";
import type { StockCache } from "../stocks/cache.ts";
import type { BatchItem } from "./batch-input.ts";

export interface OrderGatewayOptions {
  /** Orders in one call to the order service, at most. */
  batchMax: number;
  /** Orders that may wait for their call. */
  maxQueued: number;
  /** Time from an order's arrival until its client is answered outcome_unknown. */
  orderTimeoutMs: number;
  /** How long an order should wait for its call, at most, at the current throughput. */
  maxWaitMs: number;
}

interface GatewayDeps {
  orders: Pick<OrderService, "submit">;
  cache: Pick<StockCache, "applyOwnTrades">;
  context: Pick<RuntimeContext, "clock" | "newId">;
}

/** One item of the answer to a batch: what a single order would be answered, and what its headers would carry. */
export type BatchEntry =
  { data: Receipt; replayed?: true } | (ErrorBody & { replayed?: true; idempotency_key?: string });

/** A call to the order service that takes longer is aborted and sent again. The order service joins the copies. */
const attemptTimeoutMs = 2_000;
/** A batch of at least this many orders is sent while another is in flight; fewer wait, so that calls stay large. */
const minConcurrentBatch = 32;
/** Share of an order's remaining time that the order service gets, so that its answer comes before ours. */
const timeoutShare = 0.9;

interface QueuedOrder {
  order: Order;
  deadlineMs: number;
}

/**
 * The frontend's way to the order service. Orders that arrive together, from any clients, go in one call. A call
 * without a reply is repeated with the same orders and request ids until it is answered or no client waits. The cache
 * gets the new states before any client gets its answer.
 */
export class OrderGateway {
  readonly #deps: GatewayDeps;
  readonly #orderTimeoutMs: number;
  readonly #batcher: Batcher<QueuedOrder, OrderOutcome>;

  constructor(deps: GatewayDeps, { batchMax, maxQueued, maxWaitMs, orderTimeoutMs }: OrderGatewayOptions) {
    this.#deps = deps;
    this.#orderTimeoutMs = orderTimeoutMs;
    this.#batcher = new Batcher({
      clock: deps.context.clock,
      maxItems: batchMax,
      minConcurrentBatch,
      maxQueued,
      maxWaitMs,
      retryDelayMs: 50,
      deliver: (batch, signal) => this.#deliver(batch, signal),
      rejectionFor: (reason) => ({ kind: "failed", reason }),
      afterPossibleDelivery,
    });
  }

  /** Orders that are queued or in flight. */
  get size(): number {
    return this.#batcher.size;
  }

  /** Whether `count` more orders would be sent in time. */
  hasRoom(count: number): boolean {
    return this.#batcher.hasRoom(count);
  }

  /** Resolves with the order's outcome within `orderTimeoutMs`. Never rejects. */
  submit(order: Order): Promise<OrderOutcome> {
    const deadlineMs = this.#deps.context.clock.now() + this.#orderTimeoutMs;
    return this.#batcher.submit({ order, deadlineMs }, this.#orderTimeoutMs);
  }

  /** Submits a client's order under a new request id, so that no other request joins it. */
  submitOne(client: string, key: string, order: OrderInput): Promise<OrderOutcome> {
    return this.submit({ request_id: this.#deps.context.newId(), client, key, ...order });
  }

  /**
   * Submits a client's batch, which is decided in order. Of items with the same key only the first is sent; the others
   * are answered from its outcome.
   */
  async submitBatch(client: string, items: readonly BatchItem[]): Promise<BatchEntry[]> {
    const lastWithKey = new Map<string, Promise<ItemResult>>();
    return Promise.all(
      items.map(async (item): Promise<BatchEntry> => {
        if (!item.order) return errorBody("invalid_request", item.wrong);
        const { key, order } = item;
        const result = this.#submitAfter(lastWithKey.get(key), client, key, order);
        lastWithKey.set(key, result);
        return entryOf(order, (await result).outcome, key);
      }),
    );
  }

  /** Answers what is queued (unavailable) and in flight (outcome_unknown). For the end of a process. */
  close(): Promise<void> {
    return this.#batcher.close();
  }

  async #submitAfter(
    earlier: Promise<ItemResult> | undefined,
    client: string,
    key: string,
    order: OrderInput,
  ): Promise<ItemResult> {
    const sent = earlier && (await earlier).sent;
    const outcome = sent && repeatedOutcome(sent, order);
    if (outcome) return { outcome, sent };
    const own = { order, outcome: await this.submitOne(client, key, order) };
    return { outcome: own.outcome, sent: own };
  }

  async #deliver(batch: QueuedOrder[], signal: AbortSignal): Promise<Delivery<OrderOutcome>> {
    const { orders: service, cache, context } = this.#deps;
    const nowMs = context.clock.now();
    const orders = batch.map(({ order, deadlineMs }) => ({
      ...order,
      timeout_ms: Math.max(0, (deadlineMs - nowMs) * timeoutShare),
    }));
    const attempt = (attemptSignal: AbortSignal) => service.submit({ orders }, attemptSignal);
    const reply = await withDeadline(attemptTimeoutMs, signal, attempt, context.clock);
    if (reply.ok) {
      cache.applyOwnTrades(orders, reply.data);
      return { answers: reply.data.outcomes };
    }
    if (reply.arrived !== "yes") return { arrived: reply.arrived };
    return { answers: batch.map(() => ({ kind: "failed", reason: reply.reason })) };
  }
}

interface SentOrder {
  order: OrderInput;
  outcome: OrderOutcome;
}

/** The outcome of an item, and the last order with its key that was sent: its own or an earlier item's. */
interface ItemResult {
  outcome: OrderOutcome;
  sent: SentOrder;
}

/**
 * The outcome of an order whose key an earlier item of the batch has: the same outcome replayed, or
 * idempotency_key_reused. A failure of the earlier one is repeated and not tried again, or a batch could wait once for
 * each of its items. Undefined when only the catalog can decide. Pure.
 */
function repeatedOutcome(sent: SentOrder, order: OrderInput): OrderOutcome | undefined {
  const { outcome } = sent;
  const isSame = isDeepStrictEqual(order, sent.order);
  if (outcome.kind === "failed")
    return outcome.reason === "idempotency_key_reused" && !isSame ? undefined : outcome;
  return isSame ? { ...outcome, replayed: true } : { kind: "failed", reason: "idempotency_key_reused" };
}

function entryOf(order: OrderInput, outcome: OrderOutcome, key: string): BatchEntry {
  const replayed = outcome.kind !== "failed" && outcome.replayed && ({ replayed: true } as const);
  if (outcome.kind === "traded") return { data: receiptOf(order, outcome.fill), ...replayed };
  const unknown = outcome.reason === "outcome_unknown" && { idempotency_key: key };
  return { ...errorBody(outcome.reason), ...replayed, ...unknown };
}
