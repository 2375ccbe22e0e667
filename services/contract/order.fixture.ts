import type { Order } from "./order.ts";

let orders = 0;

/** A valid order, in all but what is given: buys 1 share of A under a new key in a new request. */
export function orderLike(given: Partial<Order> = {}): Order {
  orders += 1;
  return {
    request_id: `request-${orders}`,
    client: "anonymous",
    key: `key-${orders}`,
    name: "A",
    type: "buy",
    quantity: 1,
    expected_price_cents: null,
    ...given,
  };
}
