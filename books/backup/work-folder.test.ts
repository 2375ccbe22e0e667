import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { acquireLock } from "../../db/sqlite/lock.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { workFolder } from "./work-folder.ts";

const longAgo = new Date(Date.now() - 3_600_000);

test("a folder is empty but for its lock, and gone at the end of its block", () => {
  using parent = temporaryFolder();
  {
    using work = workFolder(parent.path, ".work-");
    expect(readdirSync(work.path)).toEqual(["in-use.lock"]);
  }
  expect(readdirSync(parent.path)).toEqual([]);
});

test("what a killed process left is removed; what another process uses, and other names, stay", () => {
  using parent = temporaryFolder();
  const at = (name: string): string => join(parent.path, name);
  for (const name of [
    ".work-killed",
    ".work-inuse1",
    ".work-young1",
    ".work-old123",
    ".work-longer1",
    "work-abcdef",
  ])
    mkdirSync(at(name));
  for (const name of [".work-killed", ".work-inuse1"]) writeFileSync(join(at(name), "in-use.lock"), "");
  writeFileSync(at(".work-file12"), "a file");
  utimesSync(at(".work-old123"), longAgo, longAgo);
  const lock = acquireLock(join(at(".work-inuse1"), "in-use.lock"));
  using work = workFolder(parent.path, ".work-");
  expect(existsSync(work.path)).toBe(true);
  expect(
    readdirSync(parent.path)
      .filter((name) => at(name) !== work.path)
      .toSorted(),
  ).toEqual([".work-file12", ".work-inuse1", ".work-longer1", ".work-young1", "work-abcdef"].toSorted());
  lock?.release();
});

test("two at the same time have a folder each", () => {
  using parent = temporaryFolder();
  using first = workFolder(parent.path, ".work-");
  using second = workFolder(parent.path, ".work-");
  expect([first.path, second.path].every((path) => existsSync(path))).toBe(true);
  expect(first.path).not.toBe(second.path);
});
