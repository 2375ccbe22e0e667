import { expect, test } from "bun:test";

import { makeTrade } from "./make-trade.ts";
import { orderLike } from "./order.fixture.ts";
import { fingerprintOf, orderIdOf } from "./order.ts";
import { tradeLike } from "./trade.fixture.ts";
import { originOf, tradeChain } from "./trade.ts";

const terms = { price_cents: 1599, quantity_after: 97, stock_version: 2, at: 1_700_000_000_000 };

test("a trade has its order's columns, the terms of the decision, and the next number and chain", () => {
  const order = orderLike({ client: "c", type: "sell", quantity: 3, expected_price_cents: 1599 });
  const first = makeTrade(originOf("m"), order, terms);
  expect(first).toEqual({
    number: 1,
    order_id: orderIdOf(order),
    fingerprint: fingerprintOf(order),
    client: "c",
    name: "A",
    type: "sell",
    quantity: 3,
    ...terms,
    chain: tradeChain(originOf("m").chain, first),
  });
  const second = makeTrade(first, orderLike(), terms);
  expect(second).toMatchObject({ number: 2, chain: tradeChain(first.chain, second) });
});

test("its columns are those of a trade, in their order, and nothing else of the terms", () => {
  const trade = makeTrade(originOf("m"), orderLike(), { ...terms, kind: "compact" } as typeof terms);
  expect(Object.keys(trade)).toEqual(Object.keys(tradeLike()));
});
