import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";

import { answerFaults, faultsIn, readBooks, undoneFaults } from "./auditor.ts";
import { askUntilOutcome, type Outcome } from "./keyed-client.ts";
import { startMarket } from "./market.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const folder = temporaryFolder();
const books = folder.path;
let outcomes: Outcome[];

beforeAll(async () => {
  await using market = await startMarket();
  const buy = (quantity: number) =>
    askUntilOutcome(
      market.url,
      { name: "BoarCo", type: "buy", quantity },
      `buy-${quantity}-${crypto.randomUUID()}`,
    );
  outcomes = [await buy(1), await buy(2), await buy(3), await buy(1_000)];
  for (const name of ["order", "catalog"] as const) await market.end(name, "SIGTERM");
  cpSync(market.dataDir, books, { recursive: true });
}, 30_000);

afterAll(() => folder[Symbol.dispose]());

test("the auditor finds nothing wrong with good books", () => {
  expect(faultsIn(readBooks(books))).toEqual([]);
  expect(answerFaults(readBooks(books), outcomes)).toEqual([]);
});

/** A change of a file, and the fault that the auditor must find. */
const planted: [file: "catalog" | "order", sql: string, fault: string][] = [
  ["catalog", "DELETE FROM trades WHERE number = 2", "the trade log has 3 where 2 is due"],
  ["order", "DELETE FROM ledger WHERE number = 2", "the ledger has 3 where 2 is due"],
  ["order", "DELETE FROM ledger WHERE number = 3", "3 trades, and 2 rows in the ledger"],
  ["order", "UPDATE ledger SET quantity = 9 WHERE number = 2", "the ledger's row 2 is not the trade log's"],
  ["order", "UPDATE meta SET market_id = 'other'", "the ledger is of another market"],
  [
    "catalog",
    "INSERT INTO refusals SELECT order_id, fingerprint, 'price_changed', 0 FROM trades WHERE number = 1",
    "an order is both traded and refused",
  ],
  [
    "catalog",
    "UPDATE stocks SET quantity = 95 WHERE name = 'BoarCo'",
    "BoarCo is not its opening + sells - buys",
  ],
  [
    "catalog",
    "UPDATE stocks SET volume = 7 WHERE name = 'BoarCo'",
    "BoarCo is not its opening + sells - buys",
  ],
  ["catalog", "DELETE FROM stocks WHERE name = 'GameStart'", "the stocks are not those that were opened"],
  ["catalog", "UPDATE changes SET at = at + 1 WHERE number = 4", "the chain of the openings breaks at 4"],
];

test.each(planted)("the auditor sees it in %s.db when: %s", (file, sql, fault) => {
  withCopy((copy) => {
    tamper(copy, file, sql);
    expect(faultsIn(readBooks(copy))).toContain(fault);
  });
});

test.each([
  ["client = 'me'", "the chain of the trades breaks at 2"],
  ["quantity_after = 5", "trade 2 does not follow from the trades before it"],
  ["fingerprint = zeroblob(32)", "trade 2 has the fingerprint of another order"],
])("the auditor sees a row that is the same in both files and wrong: %s", (change, fault) => {
  withCopy((copy) => {
    tamper(copy, "catalog", `UPDATE trades SET ${change} WHERE number = 2`);
    tamper(copy, "order", `UPDATE ledger SET ${change} WHERE number = 2`);
    expect(faultsIn(readBooks(copy))).toContain(fault);
  });
});

test("the auditor misses no acknowledgement that the ledger lacks, has otherwise, or has although it was refused", () => {
  const [first, second, , refused] = outcomes as [Outcome, Outcome, Outcome, Outcome];
  const wrong = [
    { ...first, key: "never-sent" },
    { ...first, text: second.text },
    { ...first, order: second.order },
    { ...refused, key: first.key },
    { ...refused, key: "never-refused" },
  ];
  for (const answer of wrong) expect(answerFaults(readBooks(books), [answer])).toHaveLength(1);
});

test("the auditor misses no order that was decided although its client got an answer that nothing was done", () => {
  const text = '{"error":{"code":503,"message":"","reason":"unavailable"}}';
  const keys = [...outcomes.map(({ key }) => key), "never-sent"];
  const faults = undoneFaults(
    readBooks(books),
    keys.map((key) => ({ key, text })),
  );
  expect(faults).toHaveLength(outcomes.length);
});

function withCopy(use: (folder: string) => void): void {
  using copy = temporaryFolder();
  cpSync(books, copy.path, { recursive: true });
  use(copy.path);
}

function tamper(folder: string, file: "catalog" | "order", sql: string): void {
  using db = new Database(join(folder, `${file}.db`));
  db.run("PRAGMA foreign_keys = OFF");
  db.run(sql);
}
