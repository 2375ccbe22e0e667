import { expect, test } from "bun:test";

import { ChainedLog } from "./logs.ts";

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
