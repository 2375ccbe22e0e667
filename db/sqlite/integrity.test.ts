import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { integrityProblems } from "./integrity.ts";
import { openReader, openWriter } from "./open.ts";

test("a sound file has no problem; an index that lacks a row has one, in one line", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "test.db");
  const writer = openWriter(path, { synchronous: "NORMAL" });
  writer.exec("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT");
  writer.exec("INSERT INTO items VALUES (1, 'one'), (2, 'two')");
  expect(integrityProblems(writer)).toEqual([]);
  writer.close();

  // The name is in the table's page and in the index's: the last one is the index's.
  const bytes = readFileSync(path);
  bytes.write("owt", bytes.lastIndexOf("two"));
  writeFileSync(path, bytes);
  const reader = openReader(path);
  const problems = integrityProblems(reader);
  reader.close();
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.join("\n")).toContain("index");
});
