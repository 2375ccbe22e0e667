import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { claimDatabase, type Claim } from "./claim.ts";
import { DatabaseOpenError } from "./errors.ts";
import { openWriter } from "./open.ts";

let temporary: ReturnType<typeof temporaryFolder>;
let folder: string;
beforeEach(() => {
  temporary = temporaryFolder();
  folder = join(temporary.path, "data");
});
afterEach(() => temporary[Symbol.dispose]());

const letGo = ({ writer, lock }: Claim): void => {
  writer.close();
  lock.release();
};
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test("the folder and the files that a claim makes are for their owner only, whatever the umask", () => {
  const before = process.umask(0);
  try {
    const claim = claimDatabase(folder, "catalog", "FULL");
    claim.writer.immediate(() => claim.writer.exec("CREATE TABLE x (y)"));
    expect(modeOf(folder)).toBe("700");
    const names = readdirSync(folder).toSorted();
    expect(names).toEqual(["catalog.db", "catalog.db-shm", "catalog.db-wal", "catalog.lock"]);
    expect(names.map((name) => modeOf(join(folder, name)))).toEqual(names.map(() => "600"));
    letGo(claim);
    expect(process.umask()).toBe(0);
  } finally {
    process.umask(before);
  }
});

test("what a killed start has left of a snapshot is removed, and nothing else", () => {
  letGo(claimDatabase(folder, "catalog", "FULL"));
  const kept = [
    "catalog.db.v1-20260101T000000000Z.bak",
    "order.db.v1-2026.bak.unfinished",
    "notes.unfinished",
  ];
  for (const name of [...kept, "catalog.db.v1-20260101T000000000Z.bak.unfinished"])
    writeFileSync(join(folder, name), "x");
  letGo(claimDatabase(folder, "catalog", "FULL"));
  expect(readdirSync(folder).toSorted()).toEqual(["catalog.db", "catalog.lock", ...kept].toSorted());
});

test.each<[what: string, damage: (bytes: Buffer) => Buffer]>([
  ["a page that was overwritten", (bytes) => bytes.fill(0xff, bytes.length - 4_096)],
  ["an end that is missing", (bytes) => bytes.subarray(0, bytes.length - 4_096)],
  ["a schema that was overwritten", (bytes) => bytes.fill(0xff, 100, 4_096)],
])("a database with %s is refused at the claim, and left as it is", (_what, damage) => {
  const claim = claimDatabase(folder, "catalog", "FULL");
  claim.writer.exec("CREATE TABLE x (y); INSERT INTO x SELECT hex(randomblob(30000))");
  claim.writer.checkpoint();
  letGo(claim);
  const path = join(folder, "catalog.db");
  const bytes = damage(readFileSync(path));
  writeFileSync(path, bytes);
  expect(() => claimDatabase(folder, "catalog", "FULL")).toThrow(DatabaseOpenError);
  expect(() => claimDatabase(folder, "catalog", "FULL")).toThrow(
    /catalog\.db(?: is damaged, restore a backup)?: .*malformed|catalog\.db is damaged/,
  );
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test("the check for writing changes nothing", () => {
  letGo(claimDatabase(folder, "order", "NORMAL"));
  const before = readFileSync(join(folder, "order.db"));
  letGo(claimDatabase(folder, "order", "NORMAL"));
  expect(readFileSync(join(folder, "order.db")).equals(before)).toBe(true);
});

test("`beforeCreation` is asked for no file and for one of 0 bytes, and prevents the creation", () => {
  const refuse = (): never => {
    throw new Error("not here");
  };
  expect(() => claimDatabase(folder, "catalog", "FULL", { beforeCreation: refuse })).toThrow("not here");
  expect(existsSync(join(folder, "catalog.db"))).toBe(false);
  writeFileSync(join(folder, "catalog.db"), "");
  expect(() => claimDatabase(folder, "catalog", "FULL", { beforeCreation: refuse })).toThrow("not here");
  expect(statSync(join(folder, "catalog.db")).size).toBe(0);
  letGo(claimDatabase(folder, "catalog", "FULL"));
  letGo(claimDatabase(folder, "catalog", "FULL", { beforeCreation: refuse }));
});

// Root may write every file, so the claim is tried as another user.
const asAnother =
  process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];

test.skipIf(process.getuid?.() === 0 && Bun.which("setpriv") === null).each([
  ["catalog.lock", /the lock file .*catalog\.lock cannot be used/],
  ["catalog.db", /catalog\.db cannot be written/],
])("%s that this user may only read is refused", (name, why) => {
  letGo(claimDatabase(folder, "catalog", "FULL"));
  const { status, text } = claimAsAnother(name);
  expect({ status, text }).toEqual({ status: 0, text: expect.stringMatching(why) });
});

function claimAsAnother(readOnly: string): { status: number | null; text: string } {
  const code = `
    import { claimDatabase } from ${JSON.stringify(import.meta.resolve("./claim.ts"))};
    try { claimDatabase(${JSON.stringify(folder)}, "catalog", "FULL"); console.log("claimed"); }
    catch (error) { console.log(error.name + ": " + error.message); }
  `;
  Bun.spawnSync(["chmod", "-R", "a+rwX", temporary.path]);
  Bun.spawnSync(["chmod", "a-w", join(folder, readOnly)]);
  const { exitCode, stdout, stderr } = Bun.spawnSync([...asAnother, process.execPath, "-e", code]);
  return { status: exitCode, text: stdout.toString() + stderr.toString() };
}

test("a second writer of the database only delays the claim", () => {
  letGo(claimDatabase(folder, "catalog", "FULL"));
  const other = openWriter(join(folder, "catalog.db"), { synchronous: "FULL" });
  letGo(claimDatabase(folder, "catalog", "FULL"));
  other.close();
});
