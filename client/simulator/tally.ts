import {
  isOutcomeUnknown,
  isRefusal,
  type NewOrder,
  type PlacedOrder,
  type Reason,
  type Result,
  type Stock,
} from "../sdk/client.ts";

export type CountByReason = Partial<Record<Reason, number>>;

/** An order that the market acknowledged as traded. */
export interface Acknowledged {
  order: NewOrder;
  receipt: PlacedOrder;
}

/** An order that may have traded: only sending it again with its key shows its outcome. */
export interface UnknownOrder {
  order: NewOrder;
  idempotencyKey: string;
  reason: Reason;
}

/** Counts the answers that the clients got. Latencies are of calls that were answered: a stock, a trade or a refusal. */
export class Tally {
  found = 0;
  bought = 0;
  sold = 0;
  resolvedLate = 0;
  readonly lookupsFailed: CountByReason = {};
  readonly refused: CountByReason = {};
  readonly failed: CountByReason = {};
  readonly lookupLatenciesMs: number[] = [];
  readonly orderLatenciesMs: number[] = [];
  readonly acknowledged: Acknowledged[] = [];
  unknown: UnknownOrder[] = [];

  lookup({ error }: Result<Stock>, latencyMs: number): void {
    if (error) return count(this.lookupsFailed, error.reason);
    this.found++;
    this.lookupLatenciesMs.push(latencyMs);
  }

  order(order: NewOrder, result: Result<PlacedOrder>, latencyMs: number): void {
    if (!result.error || isRefusal(result.error.reason)) this.orderLatenciesMs.push(latencyMs);
    this.#end(order, result);
  }

  /** The result of sending the order again replaces its unknown outcome. */
  resolve({ order }: UnknownOrder, result: Result<PlacedOrder>): void {
    if (!result.error || !isOutcomeUnknown(result.error)) this.resolvedLate++;
    this.#end(order, result);
  }

  #end(order: NewOrder, { data, error }: Result<PlacedOrder>): void {
    if (!error) {
      this.acknowledged.push({ order, receipt: data });
      if (order.type === "buy") this.bought++;
      else this.sold++;
      return;
    }
    const { reason, idempotencyKey } = error;
    if (isRefusal(reason)) count(this.refused, reason);
    else if (isOutcomeUnknown(error) && idempotencyKey) this.unknown.push({ order, idempotencyKey, reason });
    else count(this.failed, reason);
  }
}

function count(counts: CountByReason, reason: Reason): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}
