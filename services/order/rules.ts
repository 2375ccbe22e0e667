import type { BatchReply, CompactTrade } from "../contract/batch-reply.ts";
import { makeTrade } from "../contract/make-trade.ts";
import { orderIdOf, type Decision, type Order, type OrderOutcome } from "../contract/order.ts";
import { tradeChain, type LogHead, type Trade } from "../contract/trade.ts";

/** The number of the trade that a decision points at; undefined when the order did not trade. Pure. */
export function numberOf(decision: Decision | CompactTrade): number | undefined {
  return decision.kind === "compact" || decision.kind === "traded" ? decision.number : undefined;
}

/**
 * The outcome of `order`, from its decision and the trade that the decision points at. Undefined when that trade is
 * not in the ledger yet, or belongs to another order: then the ledger follows another log than the one that the batch
 * was decided on. Pure.
 */
export function outcomeOf(
  decision: Decision | CompactTrade,
  order: Order | undefined,
  trade: Trade | undefined,
): OrderOutcome | undefined {
  if (decision.kind === "refused" || decision.kind === "failed") return decision;
  if (!order || trade?.order_id !== orderIdOf(order)) return undefined;
  const { number, price_cents, stock_version, at } = trade;
  const replayed = decision.kind === "traded";
  return { kind: "traded", fill: { number, price_cents, stock_version, at }, replayed };
}

/**
 * The head of a log after a batch, as the catalog's reply reports it, so that the next batch can be sent before the new
 * rows are made and compared (`rowsOf`). "gap": rows between `head` and the batch are missing. Pure.
 */
export function headAfter(head: LogHead, { decisions, chain }: BatchReply): LogHead | "gap" {
  let last = head.number;
  for (const decision of decisions) {
    if (decision.kind !== "compact") continue;
    if (decision.number !== last + 1) return "gap";
    last = decision.number;
  }
  return last === head.number ? head : { number: last, chain: chain ?? "" };
}

/**
 * The new rows of a batch of `orders`, made from the catalog's reply on a ledger whose last row is `head`. "gap": rows
 * between `head` and the batch are missing. "foreign": the rows differ from the catalog's. Pure.
 */
export function rowsOf(
  head: LogHead,
  orders: readonly Order[],
  { decisions, at, chain }: BatchReply,
): readonly Trade[] | "gap" | "foreign" {
  const rows: Trade[] = [];
  let last = head;
  for (const [index, decision] of decisions.entries()) {
    if (decision.kind !== "compact") continue;
    const order = orders[index];
    if (!order) return "foreign";
    if (decision.number !== last.number + 1) return "gap";
    const row = makeTrade(last, order, { ...decision, at });
    rows.push(row);
    last = row;
  }
  return rows.length === 0 || last.chain === chain ? rows : "foreign";
}

/**
 * The rows of `trades` that continue a ledger whose last row is `head`. "gap": rows between `head` and them are
 * missing. "foreign": their chain does not continue the ledger's, so they are rows of another log. Pure.
 */
export function continuation(head: LogHead, trades: readonly Trade[]): readonly Trade[] | "gap" | "foreign" {
  const fresh = trades.filter((trade) => trade.number > head.number);
  let last = head;
  for (const trade of fresh) {
    if (trade.number !== last.number + 1) return "gap";
    if (trade.chain !== tradeChain(last.chain, trade)) return "foreign";
    last = trade;
  }
  return fresh;
}
