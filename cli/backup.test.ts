import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { until } from "../testing/until.ts";
import { claimDatabase } from "../db/sqlite/claim.ts";
import { BackedUp, contentsOf, failedChecks } from "../books/backup/backup.fixture.ts";

let market: BackedUp;
beforeAll(async () => {
  market = await BackedUp.of(8);
});
afterAll(() => market[Symbol.dispose]());

type Command = "backup" | "restore";

function start(command: Command, dataDir: string, args: string[], before: string[] = []) {
  return Bun.spawn([...before, process.execPath, join(import.meta.dir, "main.ts"), command, ...args], {
    env: { ...process.env, BOURSE_DATA_DIR: dataDir },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function run(command: Command, dataDir: string, args: string[], before?: string[]) {
  const child = start(command, dataDir, args, before);
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

/** The command ends with 1 and one line that says why. */
async function expectOneLine(
  command: Command,
  dataDir: string,
  args: string[],
  why: string,
  before?: string[],
) {
  const { stdout, stderr, exitCode } = await run(command, dataDir, args, before);
  expect({ stdout, exitCode, stderr }).toEqual({
    stdout: "",
    exitCode: 1,
    stderr: expect.stringContaining(why),
  });
  expect(stderr).toMatch(new RegExp(`^(${command}|error): [^\\n]+\\n$`));
}

test("backup and restore as commands: 0, what was done in a few lines, and a market that audits green", async () => {
  const file = market.path("command.backup");
  const backup = await run("backup", market.books.folder, [file]);
  expect([backup.exitCode, backup.stderr]).toEqual([0, ""]);
  expect(backup.stdout).toMatch(
    /^backed up to .* and read back: market m, incarnation 1, trades 1 to \d+.*\n$/,
  );

  const dataDir = market.path("command");
  const restored = await run("restore", dataDir, [file]);
  expect([restored.exitCode, restored.stderr]).toEqual([0, ""]);
  expect(restored.stdout).toMatch(/^✓ conservation {2}4 stocks/m);
  expect(restored.stdout).toContain("the books are consistent\nrestored to ");
  expect(await failedChecks(dataDir)).toEqual([]);

  const again = await run("restore", dataDir, ["--roll-forward"]);
  expect([again.exitCode, again.stdout]).toEqual([0, "the catalog is not behind its ledger\n"]);
});

test("a restoration of wrong books ends with 1, and says that nothing was restored", async () => {
  using books = market.books.copy();
  books.change("catalog", "UPDATE stocks SET volume = 0 WHERE name = 'A'");
  const file = market.path("wrong.backup");
  expect((await run("backup", books.folder, [file])).exitCode).toBe(0);
  const { stdout, exitCode } = await run("restore", market.path("wrong"), [file]);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^✗ conservation {2}A: volume is 0/m);
  expect(stdout).toContain("nothing was restored");
});

test("what cannot be carried out: exit code 1 and one line that says why", async () => {
  const data = market.books.folder;
  const nowhere = market.path("nowhere");
  writeFileSync(market.path("foreign"), "a foreign file");
  await expectOneLine("backup", nowhere, [market.path("x")], "there is no market in");
  await expectOneLine("backup", data, [market.file], "is there already: --force replaces it");
  await expectOneLine("backup", data, [], "missing required argument");
  await expectOneLine("restore", nowhere, [market.path("foreign")], "no backup of Bourse");
  await expectOneLine("restore", data, [market.file], "--force replaces it");
  await expectOneLine("restore", nowhere, [], "give the backup to restore, or --roll-forward");
  await expectOneLine("restore", nowhere, ["--roll-forward"], "nothing to roll forward");
  await expectOneLine("restore", nowhere, [market.file, "--nonsense"], "unknown option");
  using claim = running(data);
  await expectOneLine("restore", data, [market.file, "--force"], `the ${claim.name} service works on`);
});

function running(folder: string): Disposable & { name: string } {
  const { writer, lock } = claimDatabase(folder, "order", "NORMAL");
  return {
    name: "order",
    [Symbol.dispose]() {
      writer.close();
      lock.release();
    },
  };
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s in the middle of a backup leaves nothing of it behind",
  async (signal) => {
    using books = market.books.copy();
    books.change(
      "order",
      "CREATE TABLE ballast (x BLOB); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) INSERT INTO ballast SELECT randomblob(2000) FROM n",
    );
    const folder = market.path(signal);
    mkdirSync(folder);
    const child = start("backup", books.folder, [join(folder, "market.backup")]);
    await until(async () => copiedBytes(folder) > 100_000);
    child.kill(signal);
    expect(await child.exited).not.toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  },
  20_000,
);

function copiedBytes(folder: string): number {
  const [work] = readdirSync(folder);
  if (work === undefined) return 0;
  return statSync(join(folder, work, "order.db"), { throwIfNoEntry: false })?.size ?? 0;
}

test.each(["SIGKILL"] as const)(
  "what %s in the middle of a backup leaves is removed by the next backup in that folder, of any name",
  async (signal) => {
    using books = market.books.copy();
    books.change(
      "order",
      "CREATE TABLE ballast (x BLOB); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) INSERT INTO ballast SELECT randomblob(2000) FROM n",
    );
    const folder = market.path(signal);
    mkdirSync(folder);
    const child = start("backup", books.folder, [join(folder, "market.backup")]);
    await until(async () => copiedBytes(folder) > 100_000);
    child.kill(signal);
    await child.exited;
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^\.bourse-backup-/)]);
    expect((await run("backup", market.books.folder, [join(folder, "next.backup")])).exitCode).toBe(0);
    expect(readdirSync(folder)).toEqual(["next.backup"]);
  },
  30_000,
);

test("a backup replaces no file of a market, and nothing that is no backup", async () => {
  using books = market.books.copy();
  const before = contentsOf(books.folder);
  for (const name of ["catalog.db", "order.db", "catalog.lock", "order.lock"])
    await expectOneLine(
      "backup",
      books.folder,
      [join(books.folder, name), "--force"],
      "a file of the market",
    );
  for (const name of ["catalog.db-wal", "order.db-shm", "catalog.db-journal"])
    await expectOneLine("backup", books.folder, [join(books.folder, name)], "a file of the market");
  const link = market.path("link");
  symlinkSync(books.folder, link);
  await expectOneLine("backup", books.folder, [join(link, "catalog.db"), "--force"], "a file of the market");
  await expectOneLine("backup", link, [join(books.folder, "catalog.db"), "--force"], "a file of the market");
  const foreign = market.path("catalog.db");
  for (const text of ["", "notes", "SQLite format 3\0"]) {
    writeFileSync(foreign, text);
    await expectOneLine("backup", books.folder, [foreign, "--force"], "is no backup: it is not replaced");
  }
  const after = contentsOf(books.folder);
  expect({ ...after, ...before }).toEqual(after as Record<string, string>);
  expect((await run("backup", books.folder, [market.file, "--force"])).exitCode).toBe(0);
});

// A file system that only this process sees and that ends with this process.
const smallDisk = (folder: string, size: string) => [
  "unshare",
  "--mount",
  "sh",
  "-c",
  `mount -t tmpfs -o size=${size} tmpfs "${folder}" && "$@"; code=$?; ls -A "${folder}" >&2; exit $code`,
  "sh",
];

const canMount =
  process.platform === "linux" &&
  Bun.spawnSync(["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", import.meta.dir]).success;

test.skipIf(!canMount)(
  "a full disk is one line, and nothing is left on it (needs Linux and root)",
  async () => {
    const folder = market.path("full");
    mkdirSync(folder);
    const args = [join(folder, "market.backup")];
    for (const size of ["16k", "48k", "100k"])
      await expectOneLine(
        "backup",
        market.books.folder,
        args,
        "no room left on the disk",
        smallDisk(folder, size),
      );
    const restoring = ["restore", join(folder, "data"), [market.file], "no room left on the disk"] as const;
    const child = await run(restoring[0], restoring[1], [...restoring[2]], smallDisk(folder, "48k"));
    expect([child.exitCode, child.stderr]).toEqual([1, expect.stringContaining(restoring[3])]);
    rmSync(folder, { recursive: true });
  },
);
