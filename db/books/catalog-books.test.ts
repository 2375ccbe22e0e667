import { afterEach, beforeEach, expect, test } from "bun:test";

import { changeChain } from "../../services/contract/change.ts";
import { tradeLog } from "../../services/contract/trade.fixture.ts";
import { genesisOf, originOf } from "../../services/contract/trade.ts";
import type { StockState } from "../../services/contract/stock.ts";
import { openMemoryDatabase, type MemoryDatabase } from "../sqlite/memory.ts";
import { StoreFailure } from "../store-failure.ts";
import { CatalogReader } from "./catalog-reader.ts";
import { ChangeLogWriter } from "./change-log.ts";
import { MarketWriter } from "./market.ts";
import { RefusalWriter } from "./refusals.ts";
import { StockWriter } from "./stocks.ts";
import { TradeLogWriter } from "./trade-log.ts";

let database: MemoryDatabase;
beforeEach(() => {
  database = openMemoryDatabase("catalog");
});
afterEach(() => database.writer.close());

const opened = { name: "A", price_cents: 1599, quantity: 100 };
const state: StockState = { ...opened, volume: 0, status: "open", version: 1 };

/** Opens the stock A, which the trades of `tradeLog` need. */
function stocksWithA(): StockWriter {
  const stocks = new StockWriter(database.writer);
  stocks.open(opened);
  return stocks;
}

test("a market is opened once, and its epoch and incarnation are set apart", () => {
  const market = new MarketWriter(database.writer);
  expect(market.market()).toBeUndefined();
  market.open("m");
  expect(market.market()).toEqual({ market_id: "m", incarnation: 1, epoch: 0 });
  expect(() => market.open("another")).toThrow(StoreFailure);
  market.setEpoch(4);
  market.setIncarnation(2);
  expect(market.market()).toEqual({ market_id: "m", incarnation: 2, epoch: 4 });
});

test("a stock is written from the state before its trades to the state after them", () => {
  const stocks = stocksWithA();
  expect(stocks.stock("A")).toEqual(state);
  expect(stocks.stock("B")).toBeUndefined();
  stocks.recordTrades(state, { ...state, quantity: 90, version: 4 }, 30);
  expect(stocks.stock("A")).toEqual({ ...state, quantity: 90, volume: 30, version: 4 });
  expect(stocks.after("", 10).length).toBe(1);
  expect(stocks.after("A", 10)).toEqual([]);
});

test.each<[what: string, before: Partial<StockState>, after: Partial<StockState>]>([
  ["another version", { version: 2 }, { version: 3 }],
  ["another name", { name: "B" }, { name: "B", version: 2 }],
  ["a quantity that would be left below zero", { quantity: 200 }, { quantity: 99, version: 2 }],
])("a stock that has %s is not written", (_what, before, after) => {
  const stocks = stocksWithA();
  expect(() => stocks.recordTrades({ ...state, ...before }, { ...state, ...after }, 1)).toThrow(
    "changed under",
  );
  expect(stocks.stock("A")).toEqual(state);
});

test("the trade log gives its rows back, and takes each order id once", () => {
  stocksWithA();
  const log = new TradeLogWriter(database.writer);
  expect(log.head("m")).toEqual(originOf("m"));
  expect(log.length).toBe(0);
  const rows = tradeLog(3);
  for (const row of rows) expect(log.append(row)).toBe(true);
  const [first, second, third] = rows;
  expect(log.append({ ...third!, number: 4, order_id: first!.order_id })).toBe(false);
  expect(log.after(0, 10)).toEqual(rows);
  expect(log.after(1, 1)).toEqual([second!]);
  expect(log.trade(2)).toEqual(second);
  expect(log.trade(4)).toBeUndefined();
  expect(log.head("m")).toEqual({ number: 3, chain: third!.chain });
  expect([0, 2, 4].map((number) => log.chainAt(number, "m"))).toEqual([
    genesisOf("m"),
    second!.chain,
    undefined,
  ]);
  expect(log.known(second!.order_id)).toEqual({ number: 2, fingerprint: second!.fingerprint });
  expect(log.known("c\0unknown")).toBeUndefined();
});

test("a number that is there already is a broken constraint, not a known order", () => {
  stocksWithA();
  const log = new TradeLogWriter(database.writer);
  const [row] = tradeLog(1);
  log.append(row!);
  expect(() => log.append({ ...row!, order_id: "c\0another" })).toThrow(StoreFailure);
});

test("a refusal is known by its order id, and an order that was also traded is an overlap", () => {
  stocksWithA();
  const refusals = new RefusalWriter(database.writer);
  const log = new TradeLogWriter(database.writer);
  const rows = tradeLog(3);
  for (const row of rows) log.append(row);
  const refusal = { order_id: "c\0k", fingerprint: "cd".repeat(32), reason: "price_changed" as const, at: 7 };
  refusals.add(refusal);
  expect(refusals.known("c\0k")).toEqual({ reason: "price_changed", fingerprint: refusal.fingerprint });
  expect(refusals.known(rows[1]!.order_id)).toBeUndefined();
  expect(() => refusals.add(refusal)).toThrow(StoreFailure);
  expect(log.overlaps(0, 10)).toEqual([]);
  refusals.add({ ...refusal, order_id: rows[1]!.order_id });
  expect(log.overlaps(0, 10)).toEqual([2]);
  expect(log.overlaps(2, 10)).toEqual([]);
});

test("a change comes back as it was appended, and with its stock's current state", () => {
  const stocks = stocksWithA();
  const log = new ChangeLogWriter(database.writer);
  expect(log.head("m")).toEqual(originOf("m"));
  const restock = {
    number: 1,
    kind: "restock" as const,
    name: "A",
    price_cents: null,
    quantity_delta: -5,
    status: null,
    stock_version: 2,
    client: "admin",
    key: "k",
    at: 9,
  };
  const change = { ...restock, chain: changeChain(genesisOf("m"), restock) };
  log.append(change);
  expect(log.after(0, 10)).toEqual([change]);
  expect(log.after(1, 10)).toEqual([]);
  expect(log.head("m")).toEqual({ number: 1, chain: change.chain });
  expect(log.stockChangesAfter(0, 10)).toEqual([
    { number: 1, kind: "restock", at: 9, stock: stocks.stock("A")! },
  ]);
});

test("the heads of a catalog are those of its market's logs, and undefined before it is opened", () => {
  const catalog = new CatalogReader(database.reader);
  expect(catalog.heads()).toBeUndefined();
  new MarketWriter(database.writer).open("m");
  stocksWithA();
  const [row] = tradeLog(1);
  new TradeLogWriter(database.writer).append(row!);
  expect(catalog.heads()).toEqual({
    market: { market_id: "m", incarnation: 1, epoch: 0 },
    trades: { number: 1, chain: row!.chain },
    changes: originOf("m"),
  });
});
