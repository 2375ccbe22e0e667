import { expect, test } from "bun:test";

import { limits } from "../contract/limits.ts";
import type { StockState } from "../contract/stock.ts";
import { decide } from "./rules.ts";

const open: StockState = {
  name: "A",
  price_cents: 1599,
  quantity: 100,
  volume: 7,
  status: "open",
  version: 3,
};
const halted: StockState = { ...open, status: "halted" };
const top = limits.total;
const maxVolume = Number.MAX_SAFE_INTEGER;

type Row = [
  stock: Partial<StockState> | undefined,
  type: "buy" | "sell",
  quantity: number,
  expectedCents: number | null,
  outcome: string | Partial<StockState>,
];

// The first rule that applies decides: the order of the rows with two faults shows which.
const table: Row[] = [
  [undefined, "buy", 1, null, "stock_not_found"],
  [undefined, "sell", 1, 1599, "stock_not_found"],
  [halted, "buy", 1, null, "trading_halted"],
  [halted, "sell", 1, 1, "trading_halted"],
  [open, "buy", 1, 1598, "price_changed"],
  [open, "sell", 1, 0, "price_changed"],
  [open, "buy", 101, 1598, "price_changed"],
  [{ price_cents: 0 }, "buy", 1, 0, { quantity: 99 }],
  [open, "buy", 1, 1599, { quantity: 99, volume: 8 }],
  [open, "buy", 101, null, "insufficient_quantity"],
  [open, "buy", 100, null, { quantity: 0, volume: 107 }],
  [{ quantity: 0 }, "buy", 1, null, "insufficient_quantity"],
  [{ quantity: 0 }, "sell", 1, null, { quantity: 1, volume: 8 }],
  [{ quantity: top - 1 }, "sell", 1, null, { quantity: top }],
  [{ quantity: top - 1 }, "sell", 2, null, "limit_exceeded"],
  [{ quantity: top }, "buy", 1, null, { quantity: top - 1 }],
  [{ volume: maxVolume - 1 }, "buy", 2, null, { volume: maxVolume }],
];

test.each(table)("%j: %s %d at %p → %j", (given, type, quantity, expectedCents, outcome) => {
  const stock = given && { ...open, ...given };
  const verdict = decide(stock, { type, quantity, expected_price_cents: expectedCents });
  if (typeof outcome === "string") expect(verdict as unknown).toEqual({ kind: "refuse", reason: outcome });
  else {
    const { quantity: _quantity, volume: _volume, ...rest } = { ...stock!, version: 4 };
    expect(verdict).toMatchObject({ kind: "accept", after: { ...rest, ...outcome } });
  }
});

test("deciding does not change the state that it is given", () => {
  const stock = Object.freeze({ ...open });
  expect(decide(stock, { type: "buy", quantity: 5, expected_price_cents: null }).kind).toBe("accept");
  expect(stock).toEqual(open);
});
