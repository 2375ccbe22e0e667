import { StoreFailure } from "../../../db/store-failure.ts";
import type { Decided } from "../../contract/batch-reply.ts";
import type { BatchRequest, Decision, Order } from "../../contract/order.ts";
import { ok, type Reply } from "../../contract/reply.ts";
import { newest } from "../../contract/stock.ts";
import type { CatalogWriter } from "./store.ts";

/** The part of the writer that decides. */
export type Decider = Pick<CatalogWriter, "decide" | "recall">;

/**
 * Called for each order that fails with internal_error: with the error that its decision threw, for the log, and with
 * the order. The error is thrown in this thread, so its stack is whole.
 */
export type OnUnexpected = (error: unknown, order: Order) => void;

/**
 * Decides a batch as a whole; when that throws because of one of its orders, decides it again one by one, so that only
 * that order fails. With a full disk every new order fails and nothing is written; an order that was decided before
 * still gets its outcome. `at` is milliseconds since 1970.
 * Throws a StoreFailure of kind `damaged` or `in_doubt`: the process must end.
 */
export function decideBatch(
  writer: Decider,
  request: BatchRequest,
  at: number,
  onUnexpected: OnUnexpected,
): Reply<Decided> {
  try {
    return writer.decide(request, at);
  } catch (error) {
    const cause = causeOf(error);
    if (cause === "lock") return allFailed(request.orders, "unavailable");
    if (cause === "disk") return writer.recall(request, "storage_full");
    const [order, ...others] = request.orders;
    if (!order) throw error;
    if (others.length > 0) return oneByOne(writer, request, at, onUnexpected);
    onUnexpected(error, order);
    return allFailed([order], "internal_error");
  }
}

function oneByOne(
  writer: Decider,
  request: BatchRequest,
  at: number,
  onUnexpected: OnUnexpected,
): Reply<Decided> {
  const merged: Decided = { decisions: [], trades: [], stocks: [] };
  for (const order of request.orders) {
    const reply = decideBatch(writer, { ...request, orders: [order] }, at, onUnexpected);
    if (!reply.ok) return reply;
    merged.decisions.push(...reply.data.decisions);
    merged.trades.push(...reply.data.trades);
    merged.stocks.push(...reply.data.stocks);
  }
  return ok({ ...merged, stocks: newest(merged.stocks) });
}

/** The cause of an error of a decision. Rethrows an error after which this process must end. */
function causeOf(error: unknown): "order" | "disk" | "lock" {
  // The code that decides has thrown because of an order. The transaction was rolled back.
  if (!(error instanceof StoreFailure)) return "order";
  switch (error.kind) {
    case "constraint":
      return "order";
    case "full":
      return "disk";
    case "busy":
      return "lock";
    case "damaged":
    case "in_doubt":
      throw error;
  }
}

function allFailed(
  orders: readonly Order[],
  reason: Extract<Decision, { kind: "failed" }>["reason"],
): Reply<Decided> {
  const decisions = orders.map((): Decision => ({ kind: "failed", reason }));
  return ok({ decisions, trades: [], stocks: [] });
}
