import { afterEach, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";

import type { LedgerFilter } from "../../services/contract/ledger.ts";
import { tradeLog } from "../../services/contract/trade.fixture.ts";
import { originOf, type Trade } from "../../services/contract/trade.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { openMemoryDatabase, type MemoryDatabase } from "../sqlite/memory.ts";
import { migrate } from "../sqlite/migrate.ts";
import { openReader, openWriter } from "../sqlite/open.ts";
import { migrations } from "../sqlite/schemas.ts";
import { FollowedMarketReader, FollowedMarketWriter } from "./followed-market.ts";
import { firstLedgerDifference } from "./ledger-difference.ts";
import { LedgerWriter } from "./ledger.ts";
import { StockWriter } from "./stocks.ts";
import { TradeLogWriter } from "./trade-log.ts";

let database: MemoryDatabase;
beforeEach(() => {
  database = openMemoryDatabase("order");
});
afterEach(() => database.writer.close());

test("a ledger follows one market, at its newest incarnation", () => {
  const market = new FollowedMarketWriter(database.writer);
  expect(market.market()).toBeUndefined();
  market.follow({ market_id: "m", incarnation: 1 });
  market.follow({ market_id: "m", incarnation: 1 });
  market.follow({ market_id: "m", incarnation: 3 });
  expect(() => market.follow({ market_id: "x", incarnation: 4 })).toThrow("another market");
  expect(new FollowedMarketReader(database.reader).market()).toEqual({ market_id: "m", incarnation: 3 });
});

test("the ledger gives back what was appended, whole or as far as a filter and a limit allow", () => {
  const ledger = new LedgerWriter(database.writer);
  expect(ledger.head(undefined)).toEqual({ number: 0, chain: "" });
  expect(ledger.head("m")).toEqual(originOf("m"));
  const rows = tradeLog(5, (number) => ({ name: number % 2 === 0 ? "B" : "A" }));
  for (const row of rows) ledger.append(row);
  expect(ledger.after(0, 10)).toEqual(rows);
  expect(ledger.head("m")).toEqual({ number: 5, chain: rows[4]!.chain });
  const between = (after: number, end: number, given: Partial<LedgerFilter>, limit: number) =>
    ledger
      .between(after, end, { name: undefined, type: undefined, ...given }, limit)
      .map(({ number }) => number);
  expect(between(1, 4, {}, 10)).toEqual([2, 3, 4]);
  expect(between(0, 5, { name: "A" }, 2)).toEqual([1, 3]);
  expect(between(0, 5, { type: "sell" }, 2)).toEqual([]);
  expect(between(0, 5, { client: "anonymous" }, 2)).toEqual([1, 2]);
});

/** The first difference between a ledger with these rows and a trade log with those. */
function differenceOf(ledgerRows: readonly Trade[], logRows: readonly Trade[]): number | undefined {
  using folder = temporaryFolder();
  const paths = { catalog: join(folder.path, "catalog.db"), order: join(folder.path, "order.db") };
  for (const name of ["catalog", "order"] as const) {
    const db = openWriter(paths[name], { synchronous: "NORMAL" });
    migrate(db, migrations[name]);
    if (name === "catalog") {
      const stocks = new StockWriter(db);
      for (const stock of ["A", "B"]) stocks.open({ name: stock, price_cents: 1, quantity: 1 });
      const log = new TradeLogWriter(db);
      for (const row of logRows) log.append(row);
    } else {
      const ledger = new LedgerWriter(db);
      for (const row of ledgerRows) ledger.append(row);
    }
    db.close();
  }
  const ledger = openReader(paths.order);
  try {
    return firstLedgerDifference(ledger, paths.catalog);
  } finally {
    ledger.close();
  }
}

const log = tradeLog(5);

test("a ledger that is a prefix of the trade log does not differ", () => {
  for (const length of [0, 3, 5]) expect(differenceOf(log.slice(0, length), log)).toBeUndefined();
});

test.each<Partial<Trade>>([
  { order_id: "c\0other" },
  { fingerprint: "cd".repeat(32) },
  { client: "other" },
  { name: "B" },
  { type: "sell" },
  { quantity: 4 },
  { price_cents: 1 },
  { quantity_after: 1 },
  { stock_version: 9 },
  { at: 1 },
  { chain: "ef".repeat(32) },
])("a ledger row with %j is the first difference", (change) => {
  expect(differenceOf(log.with(2, { ...log[2]!, ...change }), log)).toBe(3);
});

test("a row past the end of the log differs, and so does a row that the ledger lacks", () => {
  expect(differenceOf(log, log.slice(0, 3))).toBe(4);
  expect(differenceOf(log.toSpliced(2, 1), log)).toBe(3);
});
