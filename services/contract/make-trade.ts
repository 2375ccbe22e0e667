import { fingerprintOf, orderIdOf, type Order } from "./order.ts";
import { tradeChain, type LogHead, type Trade } from "./trade.ts";

/** The columns that the decision adds to an order; `at` is milliseconds since 1970. */
export type TradeTerms = Pick<Trade, "price_cents" | "quantity_after" | "stock_version" | "at">;

/** The trade of `order` that follows `previous` in the log. Every trade row is made here. Pure. */
export function makeTrade(previous: LogHead, order: Order, terms: TradeTerms): Trade {
  const { client, name, type, quantity } = order;
  const { price_cents, quantity_after, stock_version, at } = terms;
  const row = {
    number: previous.number + 1,
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
  return { ...row, chain: tradeChain(previous.chain, row) };
}
