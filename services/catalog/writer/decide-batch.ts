import { sqliteCode } from "../../../db/sqlite/errors.ts";
import type { Decided } from "../../contract/batch-reply.ts";
import type { BatchRequest, Decision, Order } from "../../contract/order.ts";
import { newest } from "../../contract/stock.ts";
import { ok, type Reply } from "../../contract/reply.ts";
import type { CatalogWriter } from "./store.ts";

/** Gets an error for which no rule gives a reason, and the order that raised it. */
export type OnUnexpected = (error: unknown, order: Order) => void;

/** What decides: the writer itself. */
export type Decider = Pick<CatalogWriter, "decide" | "recall">;

/**
 * Decides a batch whole; when one of its orders cannot be written, decides it again one by one, so that the culprit
 * alone fails. A full disk fails every new order, with nothing written; what was decided before is answered still. Any other database error is rethrown: after it the
 * outcome of a commit is not known, and this process must end.
 */
export function decideBatch(
  writer: Decider,
  request: BatchRequest,
  at: number,
  onUnexpected: OnUnexpected = () => undefined,
): Reply<Decided> {
  try {
    return writer.decide(request, at);
  } catch (error) {
    const blame = blameFor(error);
    if (blame === "lock") return allFailed(request.orders, "unavailable");
    if (blame === "disk") return writer.recall(request, "storage_full");
    if (request.orders.length > 1) return oneByOne(writer, request, at, onUnexpected);
    for (const order of request.orders) onUnexpected(error, order);
    return allFailed(request.orders, "internal_error");
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

function blameFor(error: unknown): "order" | "disk" | "lock" {
  switch (sqliteCode(error)) {
    case undefined:
    case "SQLITE_CONSTRAINT":
    case "SQLITE_MISMATCH":
    case "SQLITE_TOOBIG":
      return "order";
    case "SQLITE_FULL":
      return "disk";
    case "SQLITE_BUSY":
      return "lock";
    default:
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
