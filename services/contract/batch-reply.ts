import type { Decision } from "./order.ts";
import type { StockState } from "./stock.ts";
import type { Trade } from "./trade.ts";

/** What a batch came to: a decision per order, in order; the rows written; each touched stock as it is after them. */
export interface Decided {
  decisions: Decision[];
  trades: Trade[];
  stocks: StockState[];
}

/** An order that traded in this batch: of its row what its asker cannot work out. */
export type Filled = { kind: "filled" } & Pick<
  Trade,
  "number" | "price_cents" | "quantity_after" | "stock_version"
>;

/**
 * catalog → order. The order service has the orders and the row before, so that it can make each new row itself; that
 * `chain`, of the last one, comes out the same says that all of them are as the catalog wrote them.
 */
export interface BatchReply {
  decisions: (Decision | Filled)[];
  /** Of the new rows; milliseconds since 1970. */
  at: number;
  /** Null when no order traded. */
  chain: string | null;
  stocks: StockState[];
}

/** How a decided batch is told to who asked for it. Pure. */
export function replyOf({ decisions, trades, stocks }: Decided): BatchReply {
  const rows = new Map(trades.map((trade) => [trade.number, trade]));
  const last = trades.at(-1);
  return {
    decisions: decisions.map((decision) => {
      const row = decision.kind === "traded" && !decision.replayed ? rows.get(decision.number) : undefined;
      return row ? filledAs(row) : decision;
    }),
    at: last?.at ?? 0,
    chain: last?.chain ?? null,
    stocks,
  };
}

function filledAs({ number, price_cents, quantity_after, stock_version }: Trade): Filled {
  return { kind: "filled", number, price_cents, quantity_after, stock_version };
}
