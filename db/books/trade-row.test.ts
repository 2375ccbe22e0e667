import { expect, test } from "bun:test";
import fc from "fast-check";

import { tradeLike } from "../../services/contract/trade.fixture.ts";
import { originOf } from "../../services/contract/trade.ts";
import {
  blobOf,
  headOf,
  TRADE_COLUMNS,
  TRADE_PARAMETERS,
  tradeOf,
  tradeValues,
  type TradeRow,
} from "./trade-row.ts";

const columns = TRADE_COLUMNS.split(", ");

test("the columns are those of a trade, each with its parameter and its value", () => {
  expect(columns).toEqual(Object.keys(tradeLike()));
  expect(TRADE_PARAMETERS.split(", ")).toEqual(columns.map(() => "?"));
  expect(tradeValues(tradeLike()).length).toBe(columns.length);
});

test("a trade comes back from its row as it went in, whatever the key is made of", () => {
  const visible = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
  fc.assert(
    fc.property(visible, fc.integer({ min: 0, max: 2 ** 50 }), (key, quantity_after) => {
      const trade = tradeLike({ order_id: `c\0${key}`, quantity_after });
      const row = Object.fromEntries(tradeValues(trade).map((value, index) => [columns[index], value]));
      expect(tradeOf(row as unknown as TradeRow)).toEqual(trade);
    }),
  );
});

test("the head is the last row, else the market's origin, else nothing", () => {
  expect(headOf({ number: 4, chain: blobOf("ab") }, "m")).toEqual({ number: 4, chain: "ab" });
  expect(headOf(undefined, "m")).toEqual(originOf("m"));
  expect(headOf(undefined, undefined)).toEqual({ number: 0, chain: "" });
});
