import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { acquireLock } from "./lock.ts";

let temporary: ReturnType<typeof temporaryFolder>;
let folder: string;
let path: string;

beforeEach(() => {
  temporary = temporaryFolder();
  folder = temporary.path;
  path = join(folder, "catalog.lock");
});

afterEach(() => {
  temporary[Symbol.dispose]();
});

/** A second process that tries to take the lock, prints "held" or "refused", and runs until it is killed. */
function startRival(): Bun.Subprocess<"ignore", "pipe", "inherit"> {
  const code = `
    import { acquireLock } from ${JSON.stringify(import.meta.resolve("./lock.ts"))};
    console.log(acquireLock(${JSON.stringify(path)}) === undefined ? 'refused' : 'held');
    setInterval(() => {}, 60_000);
  `;
  return Bun.spawn([process.execPath, "-e", code], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
}

async function firstLine(rival: ReturnType<typeof startRival>): Promise<string> {
  for await (const chunk of rival.stdout) return new TextDecoder().decode(chunk).trim();
  throw new Error("the rival process ended without a word");
}

async function kill(rival: ReturnType<typeof startRival>): Promise<void> {
  rival.kill("SIGKILL");
  await rival.exited;
}

test("a second process is refused while the first lives, and free to lock after its kill -9", async () => {
  const rival = startRival();
  try {
    expect(await firstLine(rival)).toBe("held");
    expect(acquireLock(path)).toBeUndefined();
  } finally {
    await kill(rival);
  }
  const lock = acquireLock(path);
  expect(lock).toBeDefined();
  lock?.release();
});

test("a lock of this process refuses another process at once", async () => {
  const lock = acquireLock(path);
  const rival = startRival();
  try {
    expect(await firstLine(rival)).toBe("refused");
  } finally {
    await kill(rival);
    lock?.release();
  }
});

test("a released lock can be taken again, and releasing twice frees nobody else", () => {
  const first = acquireLock(path);
  first?.release();
  const second = acquireLock(path);
  expect(second).toBeDefined();
  first?.release();
  expect(acquireLock(path)).toBeUndefined();
  second?.release();
});

test("a lock that nothing refers to any more is still held", () => {
  (() => {
    expect(acquireLock(path)).toBeDefined();
  })();
  for (let round = 0; round < 3; round += 1) Bun.gc(true);
  expect(acquireLock(path)).toBeUndefined();
});

test("the lock is one file, without a journal or WAL beside it, and stays after release", () => {
  const lock = acquireLock(path);
  expect(readdirSync(folder)).toEqual(["catalog.lock"]);
  lock?.release();
  expect(readdirSync(folder)).toEqual(["catalog.lock"]);
});

test("a lock in a missing folder is an error, not a refusal", () => {
  expect(() => acquireLock(join(folder, "nowhere", "catalog.lock"))).toThrow();
});
