import { expect, test } from "bun:test";
import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { DatabaseFile } from "./database-file.ts";

interface Place {
  folder: string;
  path: string;
  elsewhere: string;
}

test.each<[what: string, lose: (place: Place) => void]>([
  ["deleted", ({ path }) => rmSync(path)],
  ["moved", ({ path, elsewhere }) => renameSync(path, elsewhere)],
  ["replaced by a copy of it", ({ path, elsewhere }) => copyOver(path, elsewhere)],
  ["deleted with its folder", ({ folder }) => rmSync(folder, { recursive: true })],
  ["moved with its folder", ({ folder, elsewhere }) => renameSync(folder, elsewhere)],
  ["under a path whose folder is now a file", ({ folder, elsewhere }) => replaceFolder(folder, elsewhere)],
])("a file that was %s is noticed", (_what, lose) => {
  using temporary = temporaryFolder();
  const folder = join(temporary.path, "data");
  const place = { folder, path: join(folder, "a.db"), elsewhere: join(temporary.path, "elsewhere") };
  mkdirSync(folder);
  writeFileSync(place.path, "x");
  const changes: (string | undefined)[] = [];
  const file = new DatabaseFile(place.path, (problem) => changes.push(problem));
  expect([file.problem(), file.lastingProblem()]).toEqual([undefined, undefined]);
  lose(place);
  expect(file.lastingProblem()).toBeUndefined();
  expect(file.problem()).toContain("a.db was deleted, moved or replaced");
  expect(file.lastingProblem()).toContain("a.db");
  expect(changes).toEqual([expect.stringContaining("a.db")]);
});

function copyOver(path: string, elsewhere: string): void {
  copyFileSync(path, elsewhere);
  renameSync(elsewhere, path);
}

function replaceFolder(folder: string, elsewhere: string): void {
  renameSync(folder, elsewhere);
  writeFileSync(folder, "a file");
}

test("a file that is put back is the same again, and a change to its contents is none", () => {
  using temporary = temporaryFolder();
  const [path, elsewhere] = [join(temporary.path, "a.db"), join(temporary.path, "b.db")];
  writeFileSync(path, "x");
  const changes: (string | undefined)[] = [];
  const file = new DatabaseFile(path, (problem) => changes.push(problem));
  writeFileSync(path, "more");
  expect(file.problem()).toBeUndefined();
  renameSync(path, elsewhere);
  expect(file.problem()).toBeDefined();
  renameSync(elsewhere, path);
  expect(file.lastingProblem()).toBeUndefined();
  expect(changes).toEqual([expect.any(String), undefined]);
});

test("a link is followed: what counts is the database that it leads to", () => {
  using temporary = temporaryFolder();
  const [path, target] = [join(temporary.path, "a.db"), join(temporary.path, "target.db")];
  writeFileSync(target, "x");
  symlinkSync(target, path);
  const file = new DatabaseFile(path, () => undefined);
  expect(file.problem()).toBeUndefined();
  rmSync(target);
  expect(file.problem()).toBeDefined();
});

test.each<[what: string, lose: (wal: string) => void]>([
  ["was deleted", (wal) => rmSync(wal)],
  ["was left behind when the file was put back", (wal) => renameSync(wal, `${wal}.elsewhere`)],
  ["was replaced by a copy of it", (wal) => copyOver(wal, `${wal}.copy`)],
])("a write-ahead log that %s is noticed, also through a link to the file", (_what, lose) => {
  using temporary = temporaryFolder();
  const [path, link] = [join(temporary.path, "a.db"), join(temporary.path, "link.db")];
  writeFileSync(path, "x");
  symlinkSync(path, link);
  const files = [path, link].map((opened) => new DatabaseFile(opened, () => undefined));
  expect(files.map((file) => file.problem())).toEqual([undefined, undefined]);
  writeFileSync(`${path}-wal`, "y");
  expect(files.map((file) => file.problem())).toEqual([undefined, undefined]);
  lose(`${path}-wal`);
  for (const file of files) expect(file.problem()).toContain("a.db-wal was deleted, moved or replaced");
});
