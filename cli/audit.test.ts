import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../testing/temporary-folder.ts";
import { makeMarketFiles, type MarketFiles } from "../books/audit/market-files.fixture.ts";

let books: MarketFiles;
beforeAll(async () => {
  books = await makeMarketFiles(10);
});
afterAll(() => books[Symbol.dispose]());

// Nothing listens on port 1, so no market answers.
const away = { CATALOG_URL: "http://127.0.0.1:1", ORDER_URL: "http://127.0.0.1:1" };

async function audit(options: string[], variables: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "main.ts"), "audit", ...options], {
    env: { ...process.env, ...away, ...variables },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

test("true books: exit code 0, and with --json a report on stdout and nothing else", async () => {
  const { stdout, exitCode } = await audit(["--json", "--files", books.folder]);
  expect(exitCode).toBe(0);
  const report = JSON.parse(stdout);
  expect(Object.keys(report)).toEqual(["ok", "at", "checks"]);
  expect(report.ok).toBe(true);
  expect(new Date(report.at).toISOString()).toBe(report.at);
  for (const check of report.checks)
    expect(check).toEqual({ name: expect.any(String), ok: true, detail: expect.any(String) });
});

test("a violation: exit code 1, and a table that marks it", async () => {
  using copy = books.copy();
  copy.change("catalog", "UPDATE stocks SET volume = 0 WHERE name = 'A'");
  const { stdout, exitCode } = await audit(["--files", copy.folder]);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^✗ conservation {2}A: volume is 0 at version \d+, its log gives \d+$/m);
  expect(stdout).toMatch(/^✓ trade_chain /m);
  expect(stdout).toContain("the books are inconsistent");
});

test("when no market answers, the files of the configured folder are audited", async () => {
  const { stdout, stderr, exitCode } = await audit([], { BOURSE_DATA_DIR: books.folder });
  expect([exitCode, stderr]).toEqual([0, "audit: catalog.db and order.db\n"]);
  expect(stdout).toContain("the books are consistent");
});

async function impossible(options: string[], variables: Record<string, string> = {}): Promise<string> {
  const { stdout, stderr, exitCode } = await audit(options, variables);
  expect([exitCode, stdout]).toEqual([2, ""]);
  return stderr;
}

test("what could not be carried out: exit code 2 and one line that says why", async () => {
  using empty = temporaryFolder();
  using other = otherMarket();
  using half = books.copy();
  rmSync(join(half.folder, "order.db"));
  const lines = [
    [await impossible(["--files", empty.path]), "there is no such file"],
    [await impossible(["--files", half.folder]), "order.db: there is no such file"],
    [await impossible(["--live"]), "no market answers at http://127.0.0.1:1"],
    [await impossible(["--live", "--files"]), "not both"],
    [await impossible([], { ORDER_PORT: "x" }), "ORDER_PORT must be an integer"],
    [await impossible(["--nonsense"]), "unknown option"],
    [await impossible(["--files", other.folder]), "another market"],
  ] as const;
  for (const [stderr, why] of lines) {
    expect(stderr).toContain(why);
    expect(stderr).not.toContain("    at ");
  }
});

function otherMarket(): MarketFiles {
  const copy = books.copy();
  copy.change("order", "UPDATE meta SET market_id = 'another'");
  return copy;
}
