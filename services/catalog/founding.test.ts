import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { makeMarketFiles } from "../../books/audit/market-files.fixture.ts";
import { claimDatabase } from "../../db/sqlite/claim.ts";
import { keptLog } from "../../testing/kept-log.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { systemContext } from "../runtime/context.ts";
import { StartRefused } from "../runtime/process/start-refused.ts";
import { catalogOnDisk } from "./on-disk.ts";

const open = (dataDir: string) =>
  catalogOnDisk({ dataDir, stocksFile: undefined }, systemContext(keptLog().log));

function expectRefused(dataDir: string, why: string): void {
  const before = readdirSync(dataDir).filter((name) => name !== "catalog.lock" && !/-(wal|shm)$/.test(name));
  expect(() => open(dataDir)).toThrow(StartRefused);
  expect(() => open(dataDir)).toThrow(why);
  const after = readdirSync(dataDir).filter((name) => name !== "catalog.lock" && !/-(wal|shm)$/.test(name));
  expect(after.toSorted()).toEqual(before.toSorted());
}

test.each<[what: string, lose: (path: string) => void]>([
  ["is missing", (path) => rmSync(path)],
  ["has 0 bytes", (path) => writeFileSync(path, "")],
])("no new market is opened beside the ledger of a market whose catalog %s", async (_what, lose) => {
  using books = await makeMarketFiles(2);
  lose(join(books.folder, "catalog.db"));
  expectRefused(books.folder, "order.db is the ledger of a market");
});

test("no new market is opened in an empty database beside the ledger of a market", async () => {
  using books = await makeMarketFiles(2);
  rmSync(join(books.folder, "catalog.db"));
  const { writer, lock } = claimDatabase(books.folder, "catalog", "FULL");
  writer.close();
  lock.release();
  expectRefused(books.folder, "order.db is the ledger of a market");
});

test("no new market is opened beside a ledger that cannot be read", () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "order.db"), Buffer.alloc(20_000, "damaged"));
  expectRefused(folder.path, "order.db is the ledger of a market");
});

test.each([
  [".restoring-aB3xYz", "a `restore` that was ended left it"],
  ["catalog.db-wal", "it holds the last orders of the catalog.db that is missing"],
  ["catalog.db.replaced-20260101T000000000Z", "a `restore` kept this catalog"],
  ["catalog.db.v1-20260101T000000000Z.bak", "an upgrade kept this catalog"],
])("no new market is opened where %s is left, and it stays", (name, why) => {
  using folder = temporaryFolder();
  const path = join(folder.path, name);
  if (name.startsWith(".")) mkdirSync(path);
  else writeFileSync(path, "what is left");
  expectRefused(folder.path, why);
  expect(statSync(path).size).toBeGreaterThan(0);
});

test("a market is opened beside a ledger without a market, and in what a killed first start left", async () => {
  using folder = temporaryFolder();
  const { writer, lock } = claimDatabase(folder.path, "order", "NORMAL");
  writeFileSync(join(folder.path, "catalog.db"), "");
  const { close } = open(folder.path);
  await close();
  writer.close();
  lock.release();
});

test("a market beside which a restoration was ended is opened as it is", async () => {
  using folder = temporaryFolder();
  await open(folder.path).close();
  mkdirSync(join(folder.path, ".restoring-aB3xYz"));
  await open(folder.path).close();
});

test("an order.db that a power cut left half made does not keep a new market from opening", async () => {
  using folder = temporaryFolder();
  // What remains when the journal is on the disk and the page that it protects is not whole.
  writeFileSync(join(folder.path, "order.db"), Buffer.alloc(4_096, 1));
  writeFileSync(join(folder.path, "order.db-journal"), Buffer.alloc(512));
  const catalog = open(folder.path);
  await catalog.close();
});
