import { expect, test } from "bun:test";

import { tradeLike } from "../../services/contract/trade.fixture.ts";
import type { Trade } from "../../services/contract/trade.ts";
import { ChainedLog, difference } from "./logs.ts";

interface Row {
  number: number;
  chain: string;
}

/** The chain of a row is the text of all numbers up to it. */
const logFrom = () => new ChainedLog<Row>("0", (previous, { number }) => `${previous},${number}`);

function problemsOf(rows: Row[]): string[] {
  const log = logFrom();
  return rows.flatMap((row) => {
    const { gap, broken } = log.check(row);
    return [gap, broken].filter((problem) => problem !== undefined);
  });
}

test.each<[what: string, rows: Row[], problems: string[]]>([
  ["a log without rows", [], []],
  [
    "a true log",
    [
      { number: 1, chain: "0,1" },
      { number: 2, chain: "0,1,2" },
    ],
    [],
  ],
  ["a first row that is not 1", [{ number: 2, chain: "0,2" }], ["1 is missing, 2 comes next"]],
  ["another genesis", [{ number: 1, chain: "9,1" }], ["1: its chain does not follow from the row before it"]],
  [
    "a changed chain, once: the rows after it follow from it",
    [
      { number: 1, chain: "0,1" },
      { number: 2, chain: "x" },
      { number: 3, chain: "x,3" },
    ],
    ["2: its chain does not follow from the row before it"],
  ],
  [
    "a row that was taken out",
    [
      { number: 1, chain: "0,1" },
      { number: 3, chain: "0,1,2,3" },
      { number: 4, chain: "0,1,2,3,4" },
    ],
    ["2 is missing, 3 comes next", "3: its chain does not follow from the row before it"],
  ],
  [
    "a number twice",
    [
      { number: 1, chain: "0,1" },
      { number: 1, chain: "0,1,1" },
    ],
    ["2 is missing, 1 comes next"],
  ],
])("a chained log reports %s", (_, rows, problems) => {
  expect(problemsOf(rows)).toEqual(problems);
});

test("a chained log counts its rows, right or wrong", () => {
  const log = logFrom();
  for (const number of [1, 5, 5]) log.check({ number, chain: "" });
  expect(log.rows).toBe(3);
});

const trade = tradeLike({ number: 7, quantity: 3, client: "alice" });

test.each<[keyof Trade, Partial<Trade>, string]>([
  ["quantity", { quantity: 4 }, "row 7: quantity is 4, the trade's is 3"],
  ["name", { name: "Z" }, `row 7: name is Z, the trade's is ${trade.name}`],
  ["client", { client: "mallory" }, "row 7: client is not the trade's"],
  ["order_id", { order_id: "o" }, "row 7: order_id is not the trade's"],
  ["fingerprint", { fingerprint: "f" }, "row 7: fingerprint is not the trade's"],
  ["chain", { chain: "c" }, "row 7: chain is not the trade's"],
])("a ledger row with another %s is reported, without the values that show who traded", (_, change, text) => {
  expect(difference({ ...trade, ...change }, trade)).toBe(text);
});

test("an equal row has no difference", () => {
  expect(difference({ ...trade }, trade)).toBeUndefined();
});
