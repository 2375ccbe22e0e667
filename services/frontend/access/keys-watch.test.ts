import { expect, test } from "bun:test";
import { copyFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { until } from "../../../testing/until.ts";
import { keptLog } from "../../../testing/kept-log.ts";
import { temporaryFolder } from "../../../testing/temporary-folder.ts";
import { systemContext } from "../../runtime/context.ts";
import { issueKey, secretOf } from "./key.fixture.ts";
import { changeKeys, readKeys, type KeyRecord } from "./keys-file.ts";
import { KeysWatch } from "./keys-watch.ts";

const soonMs = 1_000;
const { key, record } = issueKey();

/** A watched file with one key. */
function watched() {
  const folder = temporaryFolder();
  const path = join(folder.path, "keys.json");
  changeKeys(path, () => [record]);
  const log = keptLog();
  const seen: KeyRecord[][] = [];
  const watch = new KeysWatch(path, (keys) => seen.push(keys), systemContext(log.log));
  return {
    path,
    log,
    seen,
    /** Until the keys were read once more. */
    async next(): Promise<KeyRecord[] | undefined> {
      const before = seen.length;
      await until(() => seen.length > before, soonMs).catch(() => undefined);
      return seen[before];
    },
    [Symbol.dispose]() {
      watch.close();
      folder[Symbol.dispose]();
    },
  };
}

test.concurrent("a new key and a revoked one are read within a second", async () => {
  using file = watched();
  await file.next();
  const other = issueKey().record;
  changeKeys(file.path, (keys) => [...keys, other]);
  expect(await file.next()).toEqual([record, other]);
  const revoked = { ...record, revoked_at: "2026-02-03T04:05:06Z" };
  changeKeys(file.path, () => [revoked, other]);
  expect(await file.next()).toEqual([revoked, other]);
});

test.concurrent("what changed between the reading at start and the watching is not missed", async () => {
  using file = watched();
  expect(await file.next()).toEqual([record]);
});

test.concurrent("a file of the same size, with the time of the old one, is another file", async () => {
  using file = watched();
  await file.next();
  const { mtime } = statSync(file.path);
  const other = { ...record, client: "alicf" };
  changeKeys(`${file.path}.made`, () => [other]);
  copyFileSync(`${file.path}.made`, file.path);
  utimesSync(file.path, mtime, mtime);
  expect(await file.next()).toEqual([other]);
});

test.concurrent(
  "a file that stays is read once",
  async () => {
    using file = watched();
    await file.next();
    await Bun.sleep(soonMs + 200);
    expect(file.seen).toHaveLength(1);
    expect(file.log.lines).toHaveLength(1);
  },
  10_000,
);

test.concurrent(
  "a damaged file leaves the keys as they were, and is logged once without what is in it",
  async () => {
    using file = watched();
    await file.next();
    writeFileSync(file.path, `${key}\n${JSON.stringify(record)}`);
    await Bun.sleep(soonMs + 200);
    expect(file.seen).toHaveLength(1);
    expect(file.log.lines).toHaveLength(2);
    expect(file.log.lines[1]).toContain("is not in its form");
    for (const secret of [key, secretOf(key), record.hash, record.client])
      expect(file.log.lines.join("")).not.toContain(secret);
    changeKeys(`${file.path}.made`, () => []);
    renameSync(`${file.path}.made`, file.path);
    expect(await file.next()).toEqual([]);
  },
  10_000,
);

test.concurrent(
  "a file that is away for a while changes nothing, and is read when it is back",
  async () => {
    using file = watched();
    await file.next();
    const keys = readKeys(file.path);
    rmSync(file.path);
    await Bun.sleep(soonMs + 200);
    expect(file.seen).toHaveLength(1);
    expect(file.log.lines).toHaveLength(2);
    changeKeys(file.path, () => keys);
    expect(await file.next()).toEqual(keys);
  },
  10_000,
);

test.concurrent("after close no keys are read", async () => {
  const file = watched();
  file[Symbol.dispose]();
  expect(await file.next()).toBeUndefined();
});
