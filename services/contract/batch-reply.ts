import type { Decision } from "./order.ts";
import type { StockState } from "./stock.ts";
import type { Trade } from "./trade.ts";

/** A decided batch: a decision per order, in order; the new trades; each touched stock's state after them. */
export interface Decided {
  decisions: Decision[];
  trades: Trade[];
  stocks: StockState[];
}

/** An order that traded in this batch, without the columns that the order service already has from the order. */
export type CompactTrade = { kind: "compact" } & Pick<
  Trade,
  "number" | "price_cents" | "quantity_after" | "stock_version"
>;

/**
 * catalog → order. The order service has the orders and the row before them, and so makes the new rows itself. When the
 * last of its rows has this `chain`, all of them are equal to the catalog's.
 */
export interface BatchReply {
  decisions: (Decision | CompactTrade)[];
  /** Of the new rows; milliseconds since 1970. */
  at: number;
  /** Of the last new row; null when no order traded. */
  chain: string | null;
  stocks: StockState[];
}

/** A decided batch in the form in which it is sent to the order service. Pure. */
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
