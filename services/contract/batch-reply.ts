import type { Decision } from "./order.ts";
import type { StockState } from "./stock.ts";
import type { Trade } from "./trade.ts";

/**
 * The result of a batch: a decision for each order, in order; the new trades; the state of each changed stock after
 * them.
 */
export interface Decided {
  decisions: Decision[];
  trades: Trade[];
  stocks: StockState[];
}

/** An order that traded in this batch: the columns of its trade that the order service cannot compute. */
export type CompactTrade = { kind: "compact" } & Pick<
  Trade,
  "number" | "price_cents" | "quantity_after" | "stock_version"
>;

/**
 * catalog → order. The order service has the orders and the row before, so it computes each new row itself. If it
 * computes the same `chain` for the last row, all rows are as the catalog wrote them.
 */
export interface BatchReply {
  decisions: (Decision | CompactTrade)[];
  /** The time of the new trades, in milliseconds since 1970; 0 when no order traded. */
  at: number;
  /** The chain of the last new trade. Null when no order traded. */
  chain: string | null;
  stocks: StockState[];
}

/** The reply to the order service for a decided batch. Pure. */
export function replyOf({ decisions, trades, stocks }: Decided): BatchReply {
  const rows = new Map(trades.map((trade) => [trade.number, trade]));
  const last = trades.at(-1);
  return {
    decisions: decisions.map((decision) => {
      const row = decision.kind === "traded" && !decision.replayed ? rows.get(decision.number) : undefined;
      return row ? compactTradeOf(row) : decision;
    }),
    at: last?.at ?? 0,
    chain: last?.chain ?? null,
    stocks,
  };
}

function compactTradeOf({ number, price_cents, quantity_after, stock_version }: Trade): CompactTrade {
  return { kind: "compact", number, price_cents, quantity_after, stock_version };
}
