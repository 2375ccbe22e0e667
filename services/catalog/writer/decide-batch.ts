import { TypeCompiler } from "@sinclair/typebox/compiler";

import { StoreFailure } from "../../../db/store-failure.ts";
import { replyOf, type Decided } from "../../contract/batch-reply.ts";
import { BatchRequest, type Decision, type Order } from "../../contract/order.ts";
import { ok, rejected, type Reply } from "../../contract/reply.ts";
import { newest, type StockState } from "../../contract/stock.ts";
import type { CatalogWriter } from "./store.ts";

/** The part of the writer that decides. */
export type Decider = Pick<CatalogWriter, "decide" | "recall">;

/**
 * Called for each order that fails with internal_error: with the error that its decision threw, for the log, and with
 * the order. The error is thrown in this thread, so its stack is whole.
 */
export type OnUnexpected = (error: unknown, order: Order) => void;

/** A decided batch as it is sent: the JSON of its BatchReply, and the stocks that it touched. */
export interface DecidedJson {
  json: string;
  stocks: StockState[];
}

const schema = TypeCompiler.Compile(BatchRequest);

/**
 * Decides a batch in the form in which it came over the network. Request and reply are text, because threads share text
 * but clone objects field by field. `at` is milliseconds since 1970.
 * Errors: invalid_request (the text is no BatchRequest), and those of the writer's `decide`; nothing was written.
 */
export function decideJson(
  writer: Decider,
  requestJson: string,
  at: number,
  onUnexpected: OnUnexpected,
): Reply<DecidedJson> {
  const request = parsed(requestJson);
  if (!schema.Check(request)) return rejected("invalid_request");
  const decided = decideBatch(writer, request, at, onUnexpected);
  if (!decided.ok) return decided;
  const { data } = decided;
  return ok({ json: JSON.stringify(replyOf(data)), stocks: data.stocks });
}

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
    const kind = error instanceof StoreFailure ? error.kind : undefined;
    if (kind === "busy") return allFailed(request.orders, "unavailable");
    if (kind === "full") return writer.recall(request, "storage_full");
    if (kind === "damaged" || kind === "in_doubt") throw error;
    // `constraint`, or an error of the code that decides: an order is the cause, and nothing was written.
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

function allFailed(
  orders: readonly Order[],
  reason: Extract<Decision, { kind: "failed" }>["reason"],
): Reply<Decided> {
  const decisions = orders.map((): Decision => ({ kind: "failed", reason }));
  return ok({ decisions, trades: [], stocks: [] });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
