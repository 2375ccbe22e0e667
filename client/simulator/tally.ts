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

/** An order that the market said it traded. */
export interface Acknowledged {
  order: NewOrder;
  receipt: PlacedOrder;
}

/** An order that may have traded: only asking again with its key can tell. */
export interface Unsettled {
  order: NewOrder;
  idempotencyKey: string;
  reason: Reason;
}

/** Counts what the clients got. Latencies are of calls that were answered: a stock, a trade or a refusal. */
export class Tally {
  found = 0;
  bought = 0;
  sold = 0;
  settledLate = 0;
  readonly lookupsFailed: CountByReason = {};
  readonly refused: CountByReason = {};
  readonly failed: CountByReason = {};
  readonly lookupLatenciesMs: number[] = [];
  readonly orderLatenciesMs: number[] = [];
  readonly acknowledged: Acknowledged[] = [];
  unsettled: Unsettled[] = [];

  lookup({ error }: Result<Stock>, latencyMs: number): void {
    if (error) return count(this.lookupsFailed, error.reason);
    this.found++;
    this.lookupLatenciesMs.push(latencyMs);
  }

  order(order: NewOrder, result: Result<PlacedOrder>, latencyMs: number): void {
    if (!result.error || isRefusal(result.error.reason)) this.orderLatenciesMs.push(latencyMs);
    this.#end(order, result);
  }

  /** What asking again brought, in place of the order's unknown outcome. */
  settle({ order }: Unsettled, result: Result<PlacedOrder>): void {
    if (!result.error || !isOutcomeUnknown(result.error)) this.settledLate++;
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
    else if (isOutcomeUnknown(error) && idempotencyKey)
      this.unsettled.push({ order, idempotencyKey, reason });
    else count(this.failed, reason);
  }
}

function count(counts: CountByReason, reason: Reason): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}
