import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { openWriter } from "../../db/sqlite/open.ts";
import { makeMarketFiles, type MarketFiles } from "../audit/market-files.fixture.ts";
import { BackedUp, contentsOf, failedChecks, rowsOf } from "./backup.fixture.ts";
import { restore } from "./restore.ts";

// The same market twice: a backup of its first rounds, and its files after more rounds. No admin change lies between.
let early: BackedUp;
let late: MarketFiles;
beforeAll(async () => {
  early = await BackedUp.of(7);
  late = await makeMarketFiles(12);
});
afterAll(() => {
  early[Symbol.dispose]();
  late[Symbol.dispose]();
});

let made = 0;

/** A folder with the late ledger and whichever catalog is named. */
function folderWith(catalog: "early" | "late" | "none"): string {
  const folder = early.path(`rolled-${(made += 1)}`);
  mkdirSync(folder);
  cpSync(join(late.folder, "order.db"), join(folder, "order.db"));
  const from = catalog === "early" ? early.books : late;
  if (catalog !== "none") cpSync(join(from.folder, "catalog.db"), join(folder, "catalog.db"));
  return folder;
}

function change(folder: string, file: "catalog" | "order", sql: string): void {
  const db = openWriter(join(folder, `${file}.db`), { synchronous: "NORMAL" });
  db.exec("PRAGMA foreign_keys = OFF");
  db.exec(sql);
  db.close();
}

async function expectRolled(folder: string): Promise<void> {
  for (const table of ["trades", "stocks", "changes"])
    expect(rowsOf(folder, "catalog", table)).toEqual(rowsOf(late.folder, "catalog", table));
  expect(rowsOf(folder, "order", "ledger")).toEqual(rowsOf(late.folder, "order", "ledger"));
  expect(await failedChecks(folder)).toEqual([]);
}

test("an old catalog beside a newer ledger is rolled forward to where the market was", async () => {
  const dataDir = folderWith("early");
  const missing = rowsOf(late.folder, "order", "ledger").length - early.manifest.trades.number;
  expect(missing).toBeGreaterThan(5);
  const rolled = await restore({ dataDir, file: undefined, rollForward: true });
  expect(rolled).toMatchObject({ rolledForward: missing, incarnation: 2, report: { ok: true } });
  await expectRolled(dataDir);
  expect(rowsOf(dataDir, "catalog", "meta")).toMatchObject([{ incarnation: 2 }]);
  expect(rowsOf(dataDir, "order", "meta")).toMatchObject([{ incarnation: 2 }]);
});

test("a backup restored beside a newer ledger takes its orders over when told to", async () => {
  for (const catalog of ["late", "none"] as const) {
    const dataDir = folderWith(catalog);
    const rolled = await restore({ dataDir, file: early.file, rollForward: true });
    expect(rolled).toMatchObject({ isInstalled: true, report: { ok: true } });
    await expectRolled(dataDir);
  }
});

test("orders that only the ledger in place has are never dropped unless told to", async () => {
  const dataDir = folderWith("late");
  const before = contentsOf(dataDir);
  const attempt = restore({ dataDir, file: early.file, force: true });
  expect(await attempt.catch(String)).toMatch(
    /holds \d+ orders that are newer than this backup: --roll-forward takes them over, --drop-orders/,
  );
  expect(contentsOf(dataDir)).toMatchObject(before ?? {});
  const dropped = await restore({ dataDir, file: early.file, force: true, dropOrders: true });
  expect(dropped).toMatchObject({ trades: early.manifest.trades.number, report: { ok: true } });
  expect(rowsOf(dataDir, "order", "ledger")).toEqual(rowsOf(early.books.folder, "order", "ledger"));
});

test("a catalog that is not behind is left as it is", async () => {
  const dataDir = folderWith("late");
  const before = contentsOf(dataDir);
  expect(await restore({ dataDir, file: undefined, rollForward: true })).toBeUndefined();
  expect(contentsOf(dataDir)).toMatchObject(before ?? {});
});

const last = "(SELECT max(number) FROM ledger)";
const rowsThatCannotFollow = [
  [
    "a lost price change",
    "catalog",
    "UPDATE stocks SET version = version - 1 WHERE name = 'A'",
    "in neither file",
  ],
  [
    "a lost restock",
    "catalog",
    "UPDATE stocks SET quantity = quantity + 1 WHERE name = 'A'",
    "here it would leave",
  ],
  ["another price", "catalog", "UPDATE stocks SET price_cents = 1 WHERE name = 'A'", "here A costs 1"],
  [
    "a halted stock",
    "catalog",
    "UPDATE stocks SET status = 'halted' WHERE name = 'A'",
    "which is halted here",
  ],
  ["a stock that is not there", "catalog", "DELETE FROM stocks WHERE name = 'A'", "does not have"],
  ["an order that was refused", "catalog", "UPDATE meta SET epoch = 0", "has refused"],
  [
    "a ledger with a gap",
    "order",
    `DELETE FROM ledger WHERE number = ${last} - 1`,
    "is the ledger's next row",
  ],
  [
    "a changed row",
    "order",
    `UPDATE ledger SET quantity = 7 WHERE number = ${last}`,
    "does not continue the chain",
  ],
  ["another history", "order", "UPDATE ledger SET chain = zeroblob(32)", "the two logs differ"],
  ["another market", "order", "UPDATE meta SET market_id = 'x'", "another market"],
] as const;

test.each(rowsThatCannotFollow)(
  "%s stops the roll forward, says why, and changes nothing",
  async (what, file, sql, why) => {
    const dataDir = folderWith("early");
    change(dataDir, file, sql);
    if (what === "an order that was refused") refuseLastOrder(dataDir);
    const before = contentsOf(dataDir);
    const attempt = restore({ dataDir, file: undefined, rollForward: true });
    expect(await attempt.catch(String)).toMatch(why);
    expect(contentsOf(dataDir)).toMatchObject(before ?? {});
  },
);

function refuseLastOrder(dataDir: string): void {
  const row = rowsOf(dataDir, "order", "ledger").at(-1)!;
  const db = openWriter(join(dataDir, "catalog.db"), { synchronous: "NORMAL" });
  const refuse = db.prepare("INSERT INTO refusals VALUES (?, ?, 'price_changed', 1)");
  refuse.run(row["order_id"]!, row["fingerprint"]!);
  db.close();
}

test("nothing to roll forward from is refused", async () => {
  const dataDir = early.path("empty");
  const attempt = restore({ dataDir, file: early.file, rollForward: true });
  expect(await attempt.catch(String)).toContain("order.db is missing");
});
