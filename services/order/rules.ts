import type { BatchReply, Filled } from "../contract/batch-reply.ts";
import { fingerprintOf, orderIdOf, type Decision, type Order, type OrderOutcome } from "../contract/order.ts";
import { tradeChain, type LogHead, type Trade } from "../contract/trade.ts";

/** The number of the trade that a decision points at, or undefined when its order did not trade. Pure. */
export function numberOf(decision: Decision | Filled): number | undefined {
  return decision.kind === "filled" || decision.kind === "traded" ? decision.number : undefined;
}

/**
 * A decision on `order` with the trade that it points at, or undefined when that is not in hand, or is another order's:
 * the log that it was pulled from is not the one that was decided on. Pure.
 */
export function outcomeOf(
  decision: Decision | Filled,
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
 * Where a log that went as far as `head` goes to with a batch, by its catalog's word: its rows are made and compared
 * while the next batch is decided already. "gap": rows before those of the batch are missing. Pure.
 */
export function headAfter(head: LogHead, { decisions, chain }: BatchReply): LogHead | "gap" {
  let last = head.number;
  for (const decision of decisions) {
    if (decision.kind !== "filled") continue;
    if (decision.number !== last + 1) return "gap";
    last = decision.number;
  }
  return last === head.number ? head : { number: last, chain: chain ?? "" };
}

/**
 * The rows that a batch of `orders` has written, made anew on a ledger whose last row is `head`. "gap": rows before
 * them are missing. "foreign": they do not come out as the catalog wrote them. Pure.
 */
export function rowsOf(
  head: LogHead,
  orders: readonly Order[],
  { decisions, at, chain }: BatchReply,
): readonly Trade[] | "gap" | "foreign" {
  const rows: Trade[] = [];
  let last = head;
  for (const [index, decision] of decisions.entries()) {
    if (decision.kind !== "filled") continue;
    const order = orders[index];
    if (!order) return "foreign";
    if (decision.number !== last.number + 1) return "gap";
    const row = rowAfter(last, order, decision, at);
    rows.push(row);
    last = row;
  }
  return rows.length === 0 || last.chain === chain ? rows : "foreign";
}

function rowAfter(last: LogHead, order: Order, filled: Filled, at: number): Trade {
  const { client, name, type, quantity } = order;
  const { number, price_cents, quantity_after, stock_version } = filled;
  const row = {
    number,
    order_id: orderIdOf(order),
    fingerprint: fingerprintOf(order),
    client,
    name,
    type,
    quantity,
    price_cents,
    quantity_after,
    stock_version,
    at,
  };
  return { ...row, chain: tradeChain(last.chain, row) };
}

/**
 * The rows of `trades` that continue a ledger whose last row is `head`. "gap": rows before them are missing.
 * "foreign": they are rows of another log, for their chain does not go on from the ledger's.
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
