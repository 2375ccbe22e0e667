import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { tradeOf } from "../../db/books/trade-row.ts";
import { makeMarketFiles } from "../audit/market-files.fixture.ts";
import { BackedUp, contentsOf, rowsOf } from "./backup.fixture.ts";
import { writeBackup } from "./backup.ts";

let market: BackedUp;
beforeAll(async () => {
  market = await BackedUp.of(8);
});
afterAll(() => market[Symbol.dispose]());

/** Backing this folder up fails for this reason, and leaves nothing where the backup would have been. */
async function expectRefused(dataDir: string, why: string | RegExp, file = market.path("new/x.backup")) {
  mkdirSync(dirname(file), { recursive: true });
  const before = contentsOf(dirname(file));
  expect(await writeBackup({ dataDir, file, force: false }).catch(String)).toMatch(why);
  expect(contentsOf(dirname(file))).toEqual(before);
}

test("the manifest is the second line, and says which market, how far, and by which versions", () => {
  const text = readFileSync(market.file, "latin1");
  const manifest = JSON.parse(text.split("\n", 2)[1]!);
  expect(manifest).toEqual(market.manifest);
  const trades = rowsOf(market.books.folder, "catalog", "trades");
  const changes = rowsOf(market.books.folder, "catalog", "changes");
  expect(manifest).toMatchObject({
    format: 1,
    market_id: "m",
    incarnation: 1,
    versions: { bourse: expect.stringMatching(/^\d+\.\d+\.\d+/), catalog_schema: 1, order_schema: 1 },
    trades: { number: trades.length, chain: tradeOf(trades.at(-1) as never).chain },
    changes: { number: changes.length },
    ledger: { number: trades.length },
  });
  expect(Math.abs(Date.parse(manifest.created_at) - Date.now())).toBeLessThan(60_000);
});

test("a backup leaves the market's files as they were, and nothing else beside it", async () => {
  using books = await makeMarketFiles(3);
  const before = contentsOf(books.folder);
  const file = market.path("alone/market.backup");
  mkdirSync(dirname(file));
  await writeBackup({ dataDir: books.folder, file, force: false });
  for (const name of ["catalog.db", "order.db"])
    expect(contentsOf(books.folder)?.[name]).toBe(before?.[name]);
  expect(readdirSync(dirname(file))).toEqual(["market.backup"]);
});

test("only its owner may read a backup: it holds every key", () => {
  expect(statSync(market.file).mode & 0o077).toBe(0);
});

test("a file that is there is replaced with force, and never without", async () => {
  const file = market.path("again/market.backup");
  mkdirSync(dirname(file));
  writeFileSync(file, "bourse-backup of long ago");
  await expectRefused(market.books.folder, "--force replaces it", file);
  expect(readFileSync(file, "utf8")).toBe("bourse-backup of long ago");
  await writeBackup({ dataDir: market.books.folder, file, force: true });
  expect(statSync(file).size).toBe(statSync(market.file).size);
});

test("a folder without a market, or with half of one, is refused", async () => {
  await expectRefused(market.path("nowhere"), /there is no market in .*order\.db is missing/);
  const half = market.path("half");
  mkdirSync(half);
  writeFileSync(join(half, "order.db"), "");
  await expectRefused(half, "catalog.db is missing");
  writeFileSync(join(half, "catalog.db"), "");
  await expectRefused(half, "is of version 0");
  writeFileSync(join(half, "order.db"), "this is no database, whatever its name may say of it".repeat(100));
  await expectRefused(half, "not a database");
});

test("a folder that is not there takes no backup", async () => {
  const file = market.path("nowhere/market.backup");
  const attempt = writeBackup({ dataDir: market.books.folder, file, force: false });
  expect(await attempt.catch(String)).toMatch("there is no folder");
});

const faults = [
  ["a ledger of another market", "order", "UPDATE meta SET market_id = 'x'", "another market"],
  ["a ledger that is ahead", "catalog", "DELETE FROM trades WHERE number > 9", "restore --roll-forward"],
  ["a ledger with another row", "order", "UPDATE ledger SET quantity = 9 WHERE number = 3", "row 3 differs"],
  ["a ledger with a gap", "order", "DELETE FROM ledger WHERE number = 4", "row 4 differs"],
  ["data of a newer Bourse", "order", "PRAGMA user_version = 9", "order.db is of version 9"],
] as const;

test.each(faults)("%s is not backed up", async (_, file, sql, why) => {
  using books = market.books.copy();
  books.change(file, sql);
  await expectRefused(books.folder, why);
});

test("a database with a damaged page is not backed up", async () => {
  for (const page of [3, 5, 7]) {
    using books = market.books.copy();
    const bytes = readFileSync(join(books.folder, "catalog.db"));
    bytes.fill(0xff, page * 4_096, page * 4_096 + 64);
    writeFileSync(join(books.folder, "catalog.db"), bytes);
    await expectRefused(books.folder, /malformed|the data is damaged/);
  }
});

test("a market whose ledger has not caught up, or has not begun, is backed up as it is", async () => {
  using books = market.books.copy();
  for (const [sql, number] of [
    ["DELETE FROM ledger WHERE number > 5", 5],
    ["DELETE FROM ledger; DELETE FROM meta", 0],
  ] as const) {
    books.change("order", sql);
    const file = market.path(`behind-${number}`);
    const manifest = await writeBackup({ dataDir: books.folder, file, force: false });
    expect(manifest.ledger.number).toBe(number);
    expect(manifest.trades).toEqual(market.manifest.trades);
  }
});
