import type { Refusal } from "../contract/errors.ts";
import { limits } from "../contract/limits.ts";
import type { Order } from "../contract/order.ts";
import type { StockState } from "../contract/stock.ts";

export type Verdict = { kind: "accept"; after: StockState } | { kind: "refuse"; reason: Refusal };

/** Whether an order goes through against a stock's current state, and the state that it then leaves. Pure. */
export function decide(
  stock: StockState | undefined,
  order: Pick<Order, "type" | "quantity" | "expected_price_cents">,
): Verdict {
  if (!stock) return { kind: "refuse", reason: "stock_not_found" };
  if (stock.status === "halted") return { kind: "refuse", reason: "trading_halted" };
  if (order.expected_price_cents !== null && order.expected_price_cents !== stock.price_cents)
    return { kind: "refuse", reason: "price_changed" };

  const quantity = stock.quantity + (order.type === "buy" ? -order.quantity : order.quantity);
  if (quantity < 0) return { kind: "refuse", reason: "insufficient_quantity" };
  if (quantity > limits.total) return { kind: "refuse", reason: "limit_exceeded" };

  const volume = Math.min(stock.volume + order.quantity, Number.MAX_SAFE_INTEGER);
  return { kind: "accept", after: { ...stock, quantity, volume, version: stock.version + 1 } };
}
