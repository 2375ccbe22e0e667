import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";

import { claimDatabase } from "../../db/sqlite/claim.ts";
import { openWriter } from "../../db/sqlite/open.ts";
import { makeMarketFiles } from "../audit/market-files.fixture.ts";
import { BackedUp, contentsOf, failedChecks, rowsOf } from "./backup.fixture.ts";
import { writeBackup } from "./backup.ts";
import { restore } from "./restore.ts";

let market: BackedUp;
beforeAll(async () => {
  market = await BackedUp.of(8);
});
afterAll(() => market[Symbol.dispose]());

const tables = [
  ["catalog", "stocks"],
  ["catalog", "trades"],
  ["catalog", "changes"],
  ["catalog", "refusals"],
  ["order", "ledger"],
] as const;

const allRows = (folder: string) => tables.map(([file, table]) => rowsOf(folder, file, table));

function change(folder: string, file: "catalog" | "order", sql: string): void {
  const db = openWriter(join(folder, `${file}.db`), { synchronous: "NORMAL" });
  db.exec("PRAGMA foreign_keys = OFF");
  db.exec(sql);
  db.close();
}

let made = 0;
const newName = () => `folder-${(made += 1)}`;

test("a restored market has every row, a new incarnation in both files, and true books", async () => {
  const dataDir = market.path(newName());
  const restored = await restore({ dataDir, file: market.file });
  expect(restored).toMatchObject({ isInstalled: true, incarnation: 2, rolledForward: 0, kept: [] });
  expect(restored?.report.ok).toBe(true);
  expect(readdirSync(dataDir).toSorted()).toEqual(["catalog.db", "catalog.lock", "order.db", "order.lock"]);
  expect(allRows(dataDir)).toEqual(allRows(market.books.folder));
  expect(rowsOf(dataDir, "catalog", "meta")).toMatchObject([{ market_id: "m", incarnation: 2 }]);
  expect(rowsOf(dataDir, "order", "meta")).toMatchObject([{ market_id: "m", incarnation: 2 }]);
  expect(await failedChecks(dataDir)).toEqual([]);
});

test("a backup whose ledger had not caught up is restored with a whole ledger", async () => {
  using books = market.books.copy();
  for (const sql of ["DELETE FROM ledger WHERE number > 5", "DELETE FROM ledger; DELETE FROM meta"]) {
    books.change("order", sql);
    const [file, dataDir] = [market.path(newName()), market.path(newName())];
    await writeBackup({ dataDir: books.folder, file, force: false });
    expect((await restore({ dataDir, file }))?.report.ok).toBe(true);
    expect(allRows(dataDir)).toEqual(allRows(market.books.folder));
  }
});

test("data that is there is replaced with force alone, and kept under a dated name, with its WAL", async () => {
  const dataDir = market.dataLike(newName());
  change(dataDir, "catalog", "UPDATE stocks SET price_cents = 77 WHERE name = 'A'");
  // A process that was killed leaves its WAL: a copy of the file without it would lack the last commits.
  const db = openWriter(join(dataDir, "catalog.db"), { synchronous: "NORMAL" });
  db.exec("UPDATE stocks SET price_cents = 88 WHERE name = 'B'");
  for (const suffix of ["", "-wal"])
    writeFileSync(
      join(market.path("."), `left.db${suffix}`),
      readFileSync(join(dataDir, `catalog.db${suffix}`)),
    );
  db.close();
  for (const suffix of ["", "-wal"])
    writeFileSync(join(dataDir, `catalog.db${suffix}`), readFileSync(market.path(`left.db${suffix}`)));

  const before = contentsOf(dataDir);
  expect(await restore({ dataDir, file: market.file }).catch(String)).toMatch(/holds data .*--force/);
  expect(contentsOf(dataDir)).toEqual(before);

  const restored = await restore({ dataDir, file: market.file, force: true });
  expect(restored?.kept.map((path) => path.replace(/\d{8}T\d{9}Z$/, "DATE"))).toEqual([
    join(dataDir, "catalog.db.replaced-DATE"),
    join(dataDir, "order.db.replaced-DATE"),
  ]);
  expect(allRows(dataDir)).toEqual(allRows(market.books.folder));
  expect(await failedChecks(dataDir)).toEqual([]);
  const old = openWriter(restored!.kept[0]!, { synchronous: "NORMAL" });
  const prices = "SELECT name, price_cents FROM stocks WHERE name IN ('A', 'B') ORDER BY name";
  expect(old.prepare(prices).all()).toEqual([
    { name: "A", price_cents: 77 },
    { name: "B", price_cents: 88 },
  ]);
  old.close();
});

test("a data folder that only links to its databases, each on a disk of its own, is restored in place", async () => {
  const [dataDir, disks] = [market.path(newName()), market.path(newName())];
  mkdirSync(dataDir);
  for (const name of ["catalog", "order"]) {
    mkdirSync(join(disks, name), { recursive: true });
    for (const file of [`${name}.db`, `${name}.lock`])
      symlinkSync(join("..", basename(disks), name, file), join(dataDir, file));
  }
  for (const kept of [0, 2]) {
    const restored = await restore({ dataDir, file: market.file, force: true });
    expect(restored?.kept).toHaveLength(kept);
    expect(allRows(dataDir)).toEqual(allRows(market.books.folder));
    const names = readdirSync(dataDir).filter((name) => lstatSync(join(dataDir, name)).isSymbolicLink());
    expect(names.toSorted()).toEqual(["catalog.db", "catalog.lock", "order.db", "order.lock"]);
    expect(readdirSync(join(disks, "order"))).toContain("order.db");
    expect(readdirSync(disks, { recursive: true }).filter((name) => name.includes("restoring"))).toEqual([]);
  }
});

test("a new incarnation is beyond those of the backup and of what it replaces", async () => {
  const dataDir = market.dataLike(newName());
  change(dataDir, "order", "UPDATE meta SET incarnation = 41");
  expect(await restore({ dataDir, file: market.file, force: true })).toMatchObject({ incarnation: 42 });
  expect(await restore({ dataDir, file: market.file, force: true })).toMatchObject({ incarnation: 43 });
});

test("a folder that a service works on is left alone", async () => {
  for (const name of ["catalog", "order"] as const) {
    const dataDir = market.dataLike(newName());
    const claim = claimDatabase(dataDir, name, "NORMAL");
    const attempt = restore({ dataDir, file: market.file, force: true });
    expect(await attempt.catch(String)).toContain(`the ${name} service works on`);
    claim.writer.close();
    claim.lock.release();
    expect(allRows(dataDir)).toEqual(allRows(market.books.folder));
    expect((await restore({ dataDir, file: market.file, force: true }))?.isInstalled).toBe(true);
  }
});

test("damaged data is no hindrance, and is set aside as it is", async () => {
  const dataDir = market.dataLike(newName());
  const damaged = Buffer.alloc(20_000, "damaged");
  writeFileSync(join(dataDir, "catalog.db"), damaged);
  writeFileSync(join(dataDir, "catalog.db-wal"), "what it left");
  const restored = await restore({ dataDir, file: market.file, force: true });
  expect(await failedChecks(dataDir)).toEqual([]);
  expect(readFileSync(restored!.kept[0]!).equals(damaged)).toBe(true);
  expect(readFileSync(`${restored!.kept[0]!}-wal`, "utf8")).toBe("what it left");
});

test("a WAL that an old database left behind is never replayed into the restored one", async () => {
  const dataDir = market.dataLike(newName());
  const db = openWriter(join(dataDir, "catalog.db"), { synchronous: "NORMAL" });
  db.exec("UPDATE stocks SET quantity = 12345");
  const wal = readFileSync(join(dataDir, "catalog.db-wal"));
  db.close();
  rmSync(join(dataDir, "catalog.db"));
  writeFileSync(join(dataDir, "catalog.db-wal"), wal);
  expect((await restore({ dataDir, file: market.file, force: true }))?.report.ok).toBe(true);
  expect(rowsOf(dataDir, "catalog", "stocks")).toEqual(rowsOf(market.books.folder, "catalog", "stocks"));
});

test("wrong books are not restored unless that is wanted, and the audit says what is wrong", async () => {
  using books = market.books.copy();
  books.change("catalog", "UPDATE stocks SET volume = 0 WHERE name = 'A'");
  const [file, dataDir] = [market.path(newName()), market.path(newName())];
  await writeBackup({ dataDir: books.folder, file, force: false });
  const refused = await restore({ dataDir, file });
  expect(refused).toMatchObject({ isInstalled: false, report: { ok: false } });
  expect(readdirSync(dataDir).filter((name) => name.endsWith(".db"))).toEqual([]);
  expect(await restore({ dataDir, file, keepWrongBooks: true })).toMatchObject({ isInstalled: true });
  expect((await failedChecks(dataDir)).map(({ name }) => name)).toEqual(["conservation"]);
});

test("another market's data is replaced with force, and counts no orders of this one", async () => {
  const dataDir = market.path(newName());
  using longer = await makeMarketFiles(12);
  for (const file of ["catalog", "order"] as const) longer.change(file, "UPDATE meta SET market_id = 'x'");
  await restore({ dataDir, file: market.file });
  for (const file of ["catalog.db", "order.db"])
    writeFileSync(join(dataDir, file), readFileSync(join(longer.folder, file)));
  expect((await restore({ dataDir, file: market.file, force: true }))?.isInstalled).toBe(true);
  expect(allRows(dataDir)).toEqual(allRows(market.books.folder));
});

test("a restoration needs no folder to begin with, and leaves none of its own behind when it fails", async () => {
  const dataDir = join(market.path(newName()), "deep", "data");
  expect((await restore({ dataDir, file: market.file }))?.isInstalled).toBe(true);
  change(dataDir, "order", "DROP TABLE ledger");
  // A reader of a database makes these two, and may leave them.
  const names = () => readdirSync(dataDir).filter((name) => !/-(wal|shm)$/.test(name));
  const before = names();
  const attempt = restore({ dataDir, file: market.file, force: true });
  expect(await attempt.catch(String)).toMatch(/order\.db cannot be read.*--drop-orders/);
  expect(names()).toEqual(before);
  expect((await restore({ dataDir, file: market.file, force: true, dropOrders: true }))?.isInstalled).toBe(
    true,
  );
  expect(existsSync(join(dataDir, "order.db"))).toBe(true);
});

test("restored files are for their owner only; one that is replaced hands its mode on", async () => {
  const dataDir = market.path(newName());
  const modeOf = (name: string) => (statSync(join(dataDir, name)).mode & 0o777).toString(8);
  await restore({ dataDir, file: market.file });
  expect((statSync(dataDir).mode & 0o777).toString(8)).toBe("700");
  for (const name of readdirSync(dataDir)) expect([name, modeOf(name)]).toEqual([name, "600"]);
  chmodSync(join(dataDir, "catalog.db"), 0o640);
  await restore({ dataDir, file: market.file, force: true });
  expect([modeOf("catalog.db"), modeOf("order.db")]).toEqual(["640", "600"]);
});

const isRoot = process.getuid?.() === 0;
const [uid, gid] = [12_345, 23_456];

test.skipIf(!isRoot)("what root restores belongs to the folder's owner (needs root)", async () => {
  const dataDir = market.path(newName());
  mkdirSync(dataDir);
  chownSync(dataDir, uid, gid);
  const ownersIn = () =>
    readdirSync(dataDir).map((name) => {
      const owner = lstatSync(join(dataDir, name));
      return [name, owner.uid, owner.gid];
    });
  for (const force of [false, true]) {
    await restore({ dataDir, file: market.file, force });
    await writeBackup({ dataDir, file: market.path(newName()), force: false });
    expect(ownersIn()).toEqual(readdirSync(dataDir).map((name) => [name, uid, gid]));
  }
});

test.skipIf(!isRoot)("what root restores over a file belongs to that file's owner (needs root)", async () => {
  const dataDir = market.dataLike(newName());
  chownSync(join(dataDir, "order.db"), uid, gid);
  await restore({ dataDir, file: market.file, force: true });
  const owner = statSync(join(dataDir, "order.db"));
  expect([owner.uid, owner.gid]).toEqual([uid, gid]);
  expect(statSync(join(dataDir, "catalog.db")).uid).toBe(0);
});

test("what a killed restoration left is removed by the next one", async () => {
  const dataDir = market.path(newName());
  mkdirSync(join(dataDir, ".restoring-killed"), { recursive: true });
  writeFileSync(join(dataDir, ".restoring-killed", "in-use.lock"), "");
  writeFileSync(join(dataDir, ".restoring-killed", "catalog.db"), "half of it");
  await restore({ dataDir, file: market.file });
  expect(readdirSync(dataDir).toSorted()).toEqual(["catalog.db", "catalog.lock", "order.db", "order.lock"]);
});
