import { expect, test } from "bun:test";

import type { KnownRefusal, RefusedOrder } from "../../../db/books/refusals.ts";
import { orderLike } from "../../contract/order.fixture.ts";
import { fingerprintOf, orderIdOf, type Order } from "../../contract/order.ts";
import type { StockState } from "../../contract/stock.ts";
import { originOf, type Trade } from "../../contract/trade.ts";
import { decideOrders, knownOutcome, type DecisionBooks } from "./decide-orders.ts";

const stockA: StockState = {
  name: "A",
  price_cents: 1599,
  quantity: 100,
  volume: 0,
  status: "open",
  version: 1,
};

/** Books in memory, as an engine that reads ahead would fill them, and what a decision wrote to them. */
class MemoryBooks implements DecisionBooks {
  readonly knownTrades = new Map<string, Trade>();
  readonly knownRefusals = new Map<string, KnownRefusal>();
  readonly recorded: [before: StockState, after: StockState, shares: number][] = [];

  readonly trades = {
    known: (orderId: string) => this.knownTrades.get(orderId),
    append: (trade: Trade) => {
      if (this.knownTrades.has(trade.order_id)) return false;
      this.knownTrades.set(trade.order_id, trade);
      return true;
    },
  };
  readonly refusals = {
    known: (orderId: string) => this.knownRefusals.get(orderId),
    add: (refusal: RefusedOrder) => void this.knownRefusals.set(refusal.order_id, refusal),
  };
  readonly stocks = {
    stock: (name: string) => (name === "A" ? stockA : undefined),
    recordTrades: (...values: [StockState, StockState, number]) => void this.recorded.push(values),
  };
}

const decideOn = (books: MemoryBooks, ...orders: Order[]) => decideOrders(books, originOf("m"), orders, 7);

test("each order is decided against what the orders before it left, and each stock is written once", () => {
  const books = new MemoryBooks();
  const { decisions, trades, stocks } = decideOn(
    books,
    orderLike({ quantity: 100 }),
    orderLike(),
    orderLike({ type: "sell", quantity: 3 }),
  );
  expect(decisions).toEqual([
    { kind: "traded", number: 1, replayed: false },
    { kind: "refused", reason: "insufficient_quantity", replayed: false },
    { kind: "traded", number: 2, replayed: false },
  ]);
  const after = { ...stockA, quantity: 3, volume: 103, version: 3 };
  expect(stocks).toEqual([after]);
  expect(books.recorded).toEqual([[stockA, after, 103]]);
  expect(trades.map(({ number, quantity_after, at }) => [number, quantity_after, at])).toEqual([
    [1, 0, 7],
    [2, 3, 7],
  ]);
});

test("an order that is known gets its first outcome, and nothing is written", () => {
  const books = new MemoryBooks();
  const [traded, refused] = [orderLike({ quantity: 100 }), orderLike({ name: "Nowhere" })];
  decideOn(books, traded, refused);
  books.recorded.length = 0;
  const { decisions, trades, stocks } = decideOn(books, traded, refused);
  expect(decisions).toEqual([
    { kind: "traded", number: 1, replayed: true },
    { kind: "refused", reason: "stock_not_found", replayed: true },
  ]);
  expect([trades, stocks, books.recorded]).toEqual([[], [], []]);
});

test("an order that traded is replayed even when it would be refused now", () => {
  const books = new MemoryBooks();
  const order = orderLike({ quantity: 100 });
  const { decisions } = decideOn(books, order, order);
  expect(decisions[1]).toEqual({ kind: "traded", number: 1, replayed: true });
  expect(books.knownRefusals.size).toBe(0);
});

test("a trade that was not written though its order has none is an error", () => {
  const books = new MemoryBooks();
  books.trades.append = () => false;
  expect(() => decideOn(books, orderLike())).toThrow("its order has none");
});

test("a known outcome belongs to the order with its content, and a reused key fails", () => {
  const books = new MemoryBooks();
  const [order, refused] = [orderLike(), orderLike()];
  decideOn(books, order);
  const refusal = { reason: "price_changed" as const, fingerprint: fingerprintOf(refused) };
  books.knownRefusals.set(orderIdOf(refused), refusal);
  const reused = { kind: "failed", reason: "idempotency_key_reused" } as const;
  expect(knownOutcome(books, order)).toEqual({ kind: "traded", number: 1, replayed: true });
  expect(knownOutcome(books, refused)).toEqual({ kind: "refused", reason: "price_changed", replayed: true });
  expect(knownOutcome(books, { ...order, quantity: 2 })).toEqual(reused);
  expect(knownOutcome(books, { ...refused, quantity: 2 })).toEqual(reused);
  expect(knownOutcome(books, orderLike())).toBeUndefined();
});
