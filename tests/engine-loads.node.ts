// Under Node (22.18 or newer runs TypeScript as it is): node --test tests/engine-loads.node.ts
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");

/** Files for another thread, files for Bun alone, and tests. */
const isLeftOut = (path: string): boolean =>
  /(^|[/-])worker\.ts$|^services\/runtime\/process\/supervisor\/|\.(test|fixture|node)\.ts$/.test(path);

const paths = ["services", "db", "books/audit"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name}`)
    .filter((path) => path.endsWith(".ts") && !isLeftOut(path)),
);

void test("every file of the engine loads: only erasable types, and no API of Bun's at once", async () => {
  const failed: string[] = [];
  for (const path of paths)
    await import(join(root, path)).catch((error: unknown) => failed.push(`${path}: ${String(error)}`));
  assert.deepEqual(failed, []);
  assert.ok(paths.length > 100);
});
