import type { Decision, OrderOutcome } from "../contract/order.ts";
import { tradeChain, type LogHead, type Trade } from "../contract/trade.ts";

/** A decision with the trade it points at, or undefined when that trade is not in hand. Pure. */
export function outcomeOf(
  decision: Decision,
  tradeAt: (number: number) => Trade | undefined,
): OrderOutcome | undefined {
  if (decision.kind !== "traded") return decision;
  const trade = tradeAt(decision.number);
  return trade && { kind: "traded", trade, replayed: decision.replayed };
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
