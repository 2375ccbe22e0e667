import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { storeFailureIn } from "../store-failure.ts";
import { MigrationError } from "./errors.ts";
import { migrate } from "./migrate.ts";
import { openWriter } from "./open.ts";
import type { Writer } from "./driver.ts";

let temporary: ReturnType<typeof temporaryFolder>;
let root: string;
let folder: string;
let writer: Writer;

beforeEach(() => {
  temporary = temporaryFolder();
  root = temporary.path;
  folder = join(root, "migrations");
  mkdirSync(folder);
  writer = openWriter(join(root, "test.db"), { synchronous: "NORMAL" });
});

afterEach(() => {
  writer.close();
  temporary[Symbol.dispose]();
});

function write(fileName: string, sql: string): void {
  writeFileSync(join(folder, fileName), sql);
}

function tables(): string[] {
  const rows = writer.prepare<{ name: string }>("SELECT name FROM sqlite_schema ORDER BY name").all();
  return rows.map((row) => row.name);
}

function version(): number | undefined {
  return writer.prepare<{ user_version: number }>("PRAGMA user_version").get()?.user_version;
}

test("pending migrations run once, in order, each with several statements", () => {
  write("001-first.sql", "-- one\nCREATE TABLE a (x);\nCREATE TABLE b (x);\n");
  write("002-second.sql", "ALTER TABLE a RENAME TO c;");
  write("README.md", "no migration");
  expect(migrate(writer, folder)).toEqual({ from: 0, to: 2 });
  expect(migrate(writer, folder)).toEqual({ from: 2, to: 2 });
  write("003-third.sql", "DROP TABLE b;");
  expect(migrate(writer, folder)).toEqual({ from: 2, to: 3 });
  expect(tables()).toEqual(["c"]);
  expect(version()).toBe(3);
});

test("a failing migration is named and takes every pending one back with it", () => {
  write("001-first.sql", "CREATE TABLE a (x);");
  migrate(writer, folder);
  write("002-second.sql", "CREATE TABLE b (x);");
  write("003-broken.sql", "CREATE TABLE c (x); CREATE TABLE a (x);");
  expect(() => migrate(writer, folder)).toThrow(/003-broken\.sql failed.*unchanged.*a already exists/);
  expect(tables()).toEqual(["a"]);
  expect(version()).toBe(1);
});

test("a failing migration keeps the failure of the store", () => {
  write("001-full.sql", "CREATE TABLE a (x UNIQUE); INSERT INTO a VALUES (1), (1);");
  let error: unknown;
  try {
    migrate(writer, folder);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(MigrationError);
  expect(storeFailureIn(error)?.kind).toBe("constraint");
});

test("a database newer than the newest file is refused and left alone", () => {
  write("001-first.sql", "CREATE TABLE a (x);");
  writer.exec("PRAGMA user_version = 7");
  expect(() => migrate(writer, folder)).toThrow(
    /^this database is of version 7; this Bourse knows up to 1: start the newer Bourse/,
  );
  expect(tables()).toEqual([]);
  expect(version()).toBe(7);
});

test.each([
  ["a gap", ["001-a.sql", "003-c.sql"], "003-c.sql"],
  ["a repeat", ["001-a.sql", "001-b.sql"], "001-b.sql"],
  ["a first number other than 1", ["002-a.sql"], "002-a.sql"],
  ["no number", ["001-a.sql", "b.sql"], "b.sql"],
  ["too few digits", ["1-a.sql"], "1-a.sql"],
])("%s in the numbers is refused before anything runs", (_, fileNames, culprit) => {
  for (const fileName of fileNames) write(fileName, "CREATE TABLE a (x);");
  expect(() => migrate(writer, folder)).toThrow(culprit);
  expect(() => migrate(writer, folder)).toThrow(MigrationError);
  expect(tables()).toEqual([]);
});

test("a folder without migrations is refused", () => {
  expect(() => migrate(writer, folder)).toThrow(/there are no migrations in/);
});
