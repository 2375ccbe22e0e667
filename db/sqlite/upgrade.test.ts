import { afterEach, beforeEach, expect, test } from "bun:test";
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { runAudit } from "../../books/audit/run.ts";
import { FileSource } from "../../books/audit/store.ts";
import { claimDatabase } from "./claim.ts";
import type { Reader } from "./driver.ts";
import { MigrationError } from "./errors.ts";
import { schemaVersion } from "./migrate.ts";
import { openReader } from "./open.ts";
import { currentVersion, migrations, type DatabaseName } from "./schemas.ts";
import { upgrade } from "./upgrade.ts";

// The two files of a small market as version 1 left them: trades, refusals of every kind, and admin changes. A later
// version adds its own beside them, and the tests below then migrate each of them.
const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
const versions = readdirSync(fixtures);
const names: DatabaseName[] = ["catalog", "order"];

let temporary: ReturnType<typeof temporaryFolder>;
let root: string;
let folder: string;
let migrated: Record<DatabaseName, string>;

beforeEach(() => {
  temporary = temporaryFolder();
  root = temporary.path;
  folder = join(root, "data");
  migrated = { catalog: join(root, "catalog"), order: join(root, "order") };
  for (const name of names) cpSync(migrations[name], migrated[name], { recursive: true });
});

afterEach(() => temporary[Symbol.dispose]());

/** Adds the next migration, as a later version will. */
function addMigration(name: DatabaseName, sql: string): void {
  const number = String(currentVersion(name) + 1).padStart(3, "0");
  writeFileSync(join(migrated[name], `${number}-next.sql`), sql);
}

/** Starts on the data as a service does, and ends again. Returns where a snapshot was kept. */
function start(name: DatabaseName): string | undefined {
  const { writer, lock, snapshot } = claimDatabase(folder, name, "FULL", { migrationFolder: migrated[name] });
  writer.close();
  lock.release();
  return snapshot;
}

function read<T>(path: string, look: (db: Reader) => T): T {
  const db = openReader(path);
  try {
    return look(db);
  } finally {
    db.close();
  }
}

const versionOf = (path: string) => read(path, schemaVersion);
const rowsOf = (path: string, table: string) =>
  read(path, (db) => db.prepare(`SELECT * FROM ${table} ORDER BY 1`).all());

async function expectTrueBooks(): Promise<void> {
  const source = new FileSource(folder);
  const { checks } = await runAudit(source).finally(() => source.close());
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
}

test.each(versions)("the files of %s audit green after the upgrade to a next version", async (version) => {
  cpSync(join(fixtures, version), folder, { recursive: true });
  const trades = rowsOf(join(folder, "catalog.db"), "trades");
  expect(trades.length).toBeGreaterThan(50);
  addMigration("catalog", "ALTER TABLE stocks ADD COLUMN title TEXT; CREATE TABLE extra (x TEXT) STRICT;");
  addMigration("order", "CREATE INDEX ledger_by_name ON ledger (name, number);");
  for (const name of names) {
    start(name);
    expect(versionOf(join(folder, `${name}.db`))).toBe(currentVersion(name) + 1);
  }
  expect(rowsOf(join(folder, "catalog.db"), "trades")).toEqual(trades);
  await expectTrueBooks();
});

test("an upgrade keeps a whole snapshot of the older version beside the database", () => {
  cpSync(join(fixtures, "v1"), folder, { recursive: true });
  const tables = ["meta", "stocks", "trades", "refusals", "changes"];
  const before = tables.map((table) => rowsOf(join(folder, "catalog.db"), table));
  addMigration("catalog", "ALTER TABLE stocks ADD COLUMN title TEXT;");
  const snapshot = start("catalog")!;
  expect(basename(snapshot)).toMatch(/^catalog\.db\.v1-\d{8}T\d{9}Z\.bak$/);
  expect(versionOf(snapshot)).toBe(1);
  expect(tables.map((table) => rowsOf(snapshot, table))).toEqual(before);
  expect(read(snapshot, (db) => db.prepare("PRAGMA integrity_check").all())).toEqual([
    { integrity_check: "ok" },
  ]);
  expect(statSync(snapshot).mode & 0o777).toBe(0o600);
});

test("a start that upgrades nothing keeps no snapshot", () => {
  cpSync(join(fixtures, "v1"), folder, { recursive: true });
  addMigration("catalog", "CREATE TABLE extra (x TEXT) STRICT;");
  expect([start("catalog") === undefined, start("catalog"), start("order")]).toEqual([
    false,
    undefined,
    undefined,
  ]);
  rmSync(folder, { recursive: true });
  expect(start("catalog")).toBeUndefined();
  expect(readdirSync(folder).filter((name) => name.includes(".bak"))).toEqual([]);
});

test("an upgrade that fails leaves the database as it was, no snapshot and no lock", () => {
  cpSync(join(fixtures, "v1"), folder, { recursive: true });
  const before = rowsOf(join(folder, "catalog.db"), "stocks");
  addMigration("catalog", "ALTER TABLE nowhere ADD COLUMN title TEXT;");
  for (let attempt = 0; attempt < 3; attempt += 1)
    expect(() => start("catalog")).toThrow(/no such table.*nowhere/);
  expect(readdirSync(folder).filter((name) => name.includes(".bak"))).toEqual([]);
  expect(versionOf(join(folder, "catalog.db"))).toBe(1);
  expect(rowsOf(join(folder, "catalog.db"), "stocks")).toEqual(before);
});

test("an upgrade without room for its snapshot is refused with the database unchanged", () => {
  cpSync(join(fixtures, "v1"), folder, { recursive: true });
  addMigration("catalog", "ALTER TABLE stocks ADD COLUMN title TEXT;");
  const { writer, lock } = claimDatabase(folder, "catalog", "FULL");
  const upgradeInto = (place: string) => upgrade(writer, place, migrated.catalog);
  expect(() => upgradeInto(join(root, "nowhere", "catalog.db"))).toThrow(MigrationError);
  expect(() => upgradeInto(join(root, "nowhere", "catalog.db"))).toThrow(/no snapshot could be kept/);
  writer.close();
  lock.release();
  expect(versionOf(join(folder, "catalog.db"))).toBe(1);
});

test("a database of a newer version is refused, unchanged and without a snapshot", () => {
  cpSync(join(fixtures, "v1"), folder, { recursive: true });
  addMigration("order", "CREATE TABLE extra (x TEXT) STRICT;");
  start("order");
  const bytes = readFileSync(join(folder, "order.db"));
  const files = readdirSync(folder);
  expect(() => claimDatabase(folder, "order", "FULL")).toThrow(
    `this Bourse knows up to ${currentVersion("order")}: start the newer Bourse`,
  );
  expect(readFileSync(join(folder, "order.db")).equals(bytes)).toBe(true);
  expect(readdirSync(folder)).toEqual(files);
});
