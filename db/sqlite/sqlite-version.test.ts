import { expect, test } from "bun:test";
import { join } from "node:path";

import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { openWriter } from "./open.ts";
import { sqliteVersion, sqliteVersionWarning } from "./sqlite-version.ts";

test.each([
  ["3.51.2", true],
  ["3.51.0", true],
  ["3.50.6", true],
  ["3.49.2", true],
  ["3.45.3", true],
  ["3.44.5", true],
  ["3.9.2", true],
  ["3.44.6", false],
  ["3.50.7", false],
  ["3.51.3", false],
  ["3.52.0", false],
  ["3.54.1", false],
  ["4.0.0", false],
])("SQLite %s is warned about: %p", (version, warned) => {
  expect(sqliteVersionWarning(version, "linux") !== undefined).toBe(warned);
});

test("the warning is one line that names the version and what to do on this system", () => {
  const onLinux = sqliteVersionWarning("3.43.2", "linux");
  const onMac = sqliteVersionWarning("3.43.2", "darwin");
  expect(onLinux).toMatch(/^SQLite 3\.43\.2 .*upgrade Bun/);
  expect(onMac).toMatch(/^SQLite 3\.43\.2 .*brew install sqlite.*Database\.setCustomSQLite/);
  expect(`${onLinux}${onMac}`).not.toContain("\n");
});

test("an open connection tells its version", () => {
  using folder = temporaryFolder();
  const writer = openWriter(join(folder.path, "test.db"), { synchronous: "NORMAL" });
  try {
    expect(sqliteVersion(writer)).toMatch(/^3\.\d+\.\d+$/);
  } finally {
    writer.close();
  }
});
