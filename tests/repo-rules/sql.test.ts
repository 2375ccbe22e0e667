import { beforeAll, describe, expect, test } from "bun:test";

import type { Rule, SourceFile } from "./rule.ts";
import * as sql from "./sql.ts";
import { readTree } from "./tree.ts";

interface Case {
  guarantee: string;
  rule: Rule;
  /** A tree by path that breaks the rule; where it does is listed in `caught`, as `path:line`. */
  planted: Record<string, string>;
  caught: string[];
  /** A tree that comes close and is allowed. */
  allowed: Record<string, string>;
}

// Spelled apart, so that this file does not itself break the rule that it plants.
const code = ["SQLITE", "FULL"].join("_");

const CASES: Case[] = [
  {
    guarantee: "SQL lives in db",
    rule: sql.sqlOnlyInDb,
    planted: {
      "services/order/rules.ts": "const sql = `\n  SELECT 1`;\nrun('BEGIN IMMEDIATE'); run(\"COMMIT\");",
      "services/order/store.ts": 'const sql = "SELECT 1";',
    },
    caught: [
      "services/order/rules.ts:1",
      "services/order/rules.ts:3",
      "services/order/rules.ts:3",
      "services/order/store.ts:1",
    ],
    allowed: {
      "db/books/ledger.ts": 'const sql = "SELECT 1";',
      "services/order/ledger.fixture.ts": 'const sql = "SELECT 1";',
      "services/order/rules.ts":
        'const methods = ["DELETE", "Select a stock", `UPDATED ${1}`]; // "DELETE FROM x"',
    },
  },
  {
    guarantee: "SQL over the books lives in db/books",
    rule: sql.sqlOfTheBooksInOneFolder,
    planted: {
      "db/sqlite/open.ts":
        'run("SELECT * FROM trades");\nrun(`INSERT INTO ledger VALUES (1)`);\nrun("UPDATE meta SET epoch = 1");',
      "books/backup/store.ts": 'run("SELECT 1 FROM a JOIN market.trades");',
    },
    caught: [1, 2, 3].map((line) => `db/sqlite/open.ts:${line}`).concat("books/backup/store.ts:1"),
    allowed: {
      "db/books/ledger.ts": 'run("SELECT * FROM ledger");',
      "db/sqlite/schema.test.ts": 'run("SELECT * FROM ledger");',
      "db/sqlite/open.ts": 'run("PRAGMA user_version"); say("the trades FROM ledger");',
    },
  },
  {
    guarantee: "SQL is never pieced together, but of constant texts",
    rule: sql.noInterpolatedSql,
    planted: {
      "db/sqlite/open.ts":
        'run("PRAGMA a");\nrun(`SELECT ${a} FROM b`);\nrun("DELETE FROM " + table);\nrun(`SELECT ${LIST}`);\nrun(`SELECT ${MADE}`);',
      "db/books/ledger.ts": "const MADE = columns();",
    },
    caught: [2, 3, 4, 5].map((line) => `db/sqlite/open.ts:${line}`),
    allowed: {
      "db/sqlite/open.ts": 'run("SELECT $a", { a: `${b}` });\nlog(`DELETED ${b}`);\nrun(`PRAGMA a = ${b}`);',
      "db/books/row.ts": 'export const COLUMNS =\n  "a, b";',
      "db/books/ledger.ts": "run(`SELECT ${COLUMNS} FROM ledger`);",
    },
  },
  {
    guarantee: "the engine's error codes stay in db",
    rule: sql.engineCodesOnlyInDb,
    planted: {
      "services/catalog/writer/store.ts": `if (error.code === "${code}") return;`,
      "tests/crash.test.ts": `\n// ${code}`,
    },
    caught: ["services/catalog/writer/store.ts:1", "tests/crash.test.ts:2"],
    allowed: { "db/sqlite/failures.ts": `case "${code}":` },
  },
  {
    guarantee: "one function makes a row of the trade log",
    rule: sql.tradesAreMadeInOnePlace,
    planted: {
      "services/catalog/writer/store.ts": "\nconst chain = tradeChain(head.chain, row);",
      "services/order/rules.ts": "return { ...row, chain: tradeChain(last.chain, row) };",
      "bench/peers/monolith/store.ts": "const trade = { ...row, chain: tradeChain(head.chain, row) };",
    },
    caught: [
      "services/catalog/writer/store.ts:2",
      "services/order/rules.ts:1",
      "bench/peers/monolith/store.ts:1",
    ],
    allowed: {
      "services/contract/make-trade.ts": "return { ...row, chain: tradeChain(previous.chain, row) };",
      "services/order/rules.ts": "if (trade.chain !== tradeChain(last.chain, trade)) return;",
      "services/contract/trade.fixture.ts": "const row = { chain: tradeChain(a, b) };",
    },
  },
];

const asFiles = (tree: Record<string, string>): SourceFile[] =>
  Object.entries(tree).map(([path, text]) => ({ path, text }));
const place = (line: string) => line.split(":").slice(0, 2).join(":");

describe("the repository", () => {
  let files: SourceFile[];
  beforeAll(async () => {
    files = await readTree();
  });

  test.each(CASES.map(({ guarantee, rule }) => [guarantee, rule] as const))("%s", (_, rule) => {
    expect(rule(files)).toEqual([]);
  });
});

describe("a rule", () => {
  test.each(CASES.map((row) => [row.guarantee, row] as const))("catches what breaks it: %s", (_, row) => {
    expect(row.rule(asFiles(row.planted)).map(place).toSorted()).toEqual(row.caught.toSorted());
    expect(row.rule(asFiles(row.allowed))).toEqual([]);
  });
});
