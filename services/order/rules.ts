import type { Decision, OrderOutcome } from "../contract/order.ts";
import type { Trade } from "../contract/trade.ts";

/** A decision with the trade it points at, or undefined when that trade is not in hand. Pure. */
export function outcomeOf(
  decision: Decision,
  tradeAt: (number: number) => Trade | undefined,
): OrderOutcome | undefined {
  if (decision.kind !== "traded") return decision;
  const trade = tradeAt(decision.number);
  return trade && { kind: "traded", trade, replayed: decision.replayed };
}

/** The rows of `trades` that continue a ledger whose last number is `head`, or undefined when rows are missing. */
export function continuation(head: number, trades: readonly Trade[]): readonly Trade[] | undefined {
  const fresh = trades.filter((trade) => trade.number > head);
  return fresh.every((trade, index) => trade.number === head + 1 + index) ? fresh : undefined;
}
