import { expect, test } from "bun:test";

import { originOf, type OrderType } from "../contract/trade.ts";
import { tradeLog } from "../contract/trade.fixture.ts";
import { OpenLedger } from "./ledger.fixture.ts";
import type { LedgerFilter } from "../contract/ledger.ts";

const all: LedgerFilter = { name: undefined, type: undefined };

/** The message of an operation that must fail. */
const messageOf = (operation: Promise<void>) => operation.then(() => "it did not fail", String);

test("rows come back as they were appended, after reopening too", async () => {
  using ledger = new OpenLedger();
  const rows = tradeLog(3, (number) => ({ order_id: `c\0key ${number} ~!`, at: number }));
  await ledger.store.append(rows);
  ledger.reopen();
  expect(await ledger.rows()).toEqual(rows);
  expect(await ledger.store.trade(2)).toEqual(rows[1]);
  expect(await ledger.store.trade(4)).toBeUndefined();
  expect(await ledger.store.head()).toEqual({ number: 3, chain: rows[2]!.chain });
});

test("an append happens whole or not at all", async () => {
  using ledger = new OpenLedger();
  const rows = tradeLog(4);
  await ledger.store.append(rows.slice(0, 2));
  expect(await messageOf(ledger.store.append([rows[2]!, rows[3]!, rows[1]!]))).toContain("UNIQUE");
  expect(await ledger.rows()).toEqual(rows.slice(0, 2));
  expect(await messageOf(ledger.store.append([rows[2]!, { ...rows[3]!, chain: "ab" }]))).toContain("CHECK");
  expect(await ledger.rows()).toEqual(rows.slice(0, 2));
  await ledger.store.append(rows.slice(2));
  expect(await ledger.rows()).toEqual(rows);
});

test("the head of an empty ledger is its market's genesis, and nothing before it has a market", async () => {
  using ledger = new OpenLedger();
  expect(await ledger.store.market()).toBeUndefined();
  expect(await ledger.store.head()).toEqual({ number: 0, chain: "" });
  await ledger.store.follow({ market_id: "m", incarnation: 1 });
  expect(await ledger.store.head()).toEqual(originOf("m"));
});

test("a ledger takes its market's new incarnation, and never another market", async () => {
  using ledger = new OpenLedger();
  await ledger.store.follow({ market_id: "m", incarnation: 1 });
  await ledger.store.follow({ market_id: "m", incarnation: 2 });
  ledger.reopen();
  expect(await ledger.store.market()).toEqual({ market_id: "m", incarnation: 2 });
  expect(await messageOf(ledger.store.follow({ market_id: "x", incarnation: 3 }))).toContain(
    "another market",
  );
  expect(await ledger.store.market()).toEqual({ market_id: "m", incarnation: 2 });
});

// 45,000 rows are three windows of 20,000; every 9,000th is a sell of B.
const rare = { name: "B", type: "sell" as const };
const long = tradeLog(45_000, (number) => (number % 9_000 === 0 ? rare : {}));
const numbersWhere = (name?: string, type?: OrderType) =>
  long
    .filter((row) => (name ?? row.name) === row.name && (type ?? row.type) === row.type)
    .map((row) => row.number);

const filters: [what: string, filter: LedgerFilter, limit: number][] = [
  ["all", all, 10_000],
  ["all, windows filled exactly", all, 20_000],
  ["a name", { name: "B", type: undefined }, 2],
  ["a type", { name: undefined, type: "sell" }, 1_000],
  ["both", { name: "B", type: "sell" }, 1],
  ["both, of which there is none", { name: "B", type: "buy" }, 10],
  ["a name that there is not", { name: "Nowhere", type: undefined }, 10],
];

test("pages cross windows: each matching row once, in order, and an end", async () => {
  using ledger = new OpenLedger();
  await ledger.store.append(long);
  for (const [what, filter, limit] of filters) {
    const seen: number[] = [];
    let reads = 0;
    for (let next: number | null = 0; next !== null && reads < 10; reads += 1) {
      const window = await ledger.store.window(next, limit, filter);
      expect(window.trades.length, what).toBeLessThanOrEqual(limit);
      seen.push(...window.trades.map((trade) => trade.number));
      next = window.next;
    }
    expect(seen, what).toEqual(numbersWhere(filter.name, filter.type));
    expect(reads, what).toBeLessThan(10);
  }
});

test("a window past the end is empty and ends", async () => {
  using ledger = new OpenLedger();
  expect(await ledger.store.window(0, 10, all)).toEqual({ trades: [], next: null });
  await ledger.store.append(tradeLog(3));
  expect(await ledger.store.window(3, 10, all)).toEqual({ trades: [], next: null });
  expect(await ledger.store.window(99, 10, all)).toEqual({ trades: [], next: null });
  expect((await ledger.store.window(0, 3, all)).next).toBeNull();
  expect((await ledger.store.window(0, 2, all)).next).toBe(2);
});

test("a page after the largest number there can be is empty and the last", async () => {
  using ledger = new OpenLedger();
  await ledger.store.append(tradeLog(3));
  const filter = { name: undefined, type: undefined };
  const window = await ledger.store.window(Number.MAX_SAFE_INTEGER, 10, filter);
  expect(window).toEqual({ trades: [], next: null });
});
