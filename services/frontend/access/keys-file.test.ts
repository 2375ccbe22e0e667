import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";

import { temporaryFolder } from "../../../testing/temporary-folder.ts";
import { issueKey } from "./key.fixture.ts";
import { changeKeys, KeysFileError, readKeys } from "./keys-file.ts";

/** A path for a keys file in a folder of its own, and what else is in there. */
function temporaryKeysFile() {
  const folder = temporaryFolder();
  return {
    path: join(folder.path, "keys.json"),
    names: () => readdirSync(folder.path),
    [Symbol.dispose]: folder[Symbol.dispose],
  };
}

const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

test("what was written is read, and nothing else is left behind", () => {
  using file = temporaryKeysFile();
  const [first, second] = [issueKey().record, issueKey({ revoked_at: "2026-02-03T04:05:06Z" }).record];
  changeKeys(file.path, (keys) => [...keys, first]);
  changeKeys(file.path, (keys) => [...keys, second]);
  expect(readKeys(file.path)).toEqual([first, second]);
  expect(file.names()).toEqual(["keys.json"]);
});

const isRoot = process.getuid?.() === 0;
const modeOf = (path: string) => statSync(path).mode & 0o777;

test("only its owner may read a new file; a file that is there keeps its mode", () => {
  using file = temporaryKeysFile();
  expect(changeKeys(file.path, () => [])).toMatchObject({ path: file.path, uid: process.getuid?.() });
  expect(modeOf(file.path)).toBe(0o600);
  for (const mode of [0o640, 0o644, 0o400, 0o660]) {
    chmodSync(file.path, mode);
    changeKeys(file.path, (keys) => [...keys, issueKey().record]);
    expect(modeOf(file.path)).toBe(mode);
  }
  expect(readKeys(file.path)).toHaveLength(4);
});

test.skipIf(!isRoot)("changed by root, it stays with its owner", () => {
  using file = temporaryKeysFile();
  changeKeys(file.path, () => []);
  chownSync(file.path, 12_345, 54_321);
  chmodSync(file.path, 0o640);
  expect(changeKeys(file.path, (keys) => [...keys, issueKey().record]).uid).toBe(12_345);
  expect(statSync(file.path)).toMatchObject({ uid: 12_345, gid: 54_321 });
  expect(modeOf(file.path)).toBe(0o640);
});

test("symbolic links are followed, and changes through a link exclude those of the file", () => {
  using file = temporaryKeysFile();
  using elsewhere = temporaryFolder();
  const behind = join(elsewhere.path, "real.json");
  symlinkSync(relative(dirname(file.path), behind), `${file.path}.2`);
  symlinkSync(`${file.path}.2`, file.path);
  for (const count of [1, 2]) {
    expect(changeKeys(file.path, (keys) => [...keys, issueKey().record]).path).toBe(behind);
    expect(readKeys(behind)).toHaveLength(count);
    expect(lstatSync(file.path).isSymbolicLink()).toBe(true);
  }
  writeFileSync(`${behind}.new`, "");
  expect(() => changeKeys(file.path, () => [])).toThrow(`${behind}.new exists already`);
  expect(file.names().toSorted()).toEqual(["keys.json", "keys.json.2"]);
});

test("a link to itself is refused", () => {
  using file = temporaryKeysFile();
  symlinkSync(file.path, file.path);
  for (const work of [() => changeKeys(file.path, () => []), () => readKeys(file.path)])
    expect(work).toThrow(KeysFileError);
});

test("with a hard link nothing is changed: under its other name the old keys would stay", () => {
  using file = temporaryKeysFile();
  changeKeys(file.path, () => [issueKey().record]);
  linkSync(file.path, `${file.path}.same`);
  expect(() => changeKeys(file.path, () => [])).toThrow("has a second name (a hard link)");
  expect(readKeys(file.path)).toHaveLength(1);
  expect(file.names().toSorted()).toEqual(["keys.json", "keys.json.same"]);
});

test("a pipe or a device is refused at once, also behind a link", () => {
  using file = temporaryKeysFile();
  expect(spawnSync("mkfifo", [`${file.path}.pipe`]).status).toBe(0);
  symlinkSync(`${file.path}.pipe`, file.path);
  for (const path of [file.path, `${file.path}.pipe`, "/dev/null", "/dev/zero"])
    for (const work of [() => readKeys(path), () => changeKeys(path, () => [])])
      expect(work).toThrow(`the keys file ${path} is a pipe or a device, not a file`);
  expect(file.names().toSorted()).toEqual(["keys.json", "keys.json.pipe"]);
});

test("a file is replaced atomically: a reader that has it open still reads the whole old file", () => {
  using file = temporaryKeysFile();
  changeKeys(file.path, () => [issueKey().record]);
  const before = readFileSync(file.path, "utf8");
  const open = openSync(file.path, "r");
  changeKeys(file.path, () => []);
  expect(readFileSync(open, "utf8")).toBe(before);
  closeSync(open);
  expect(readKeys(file.path)).toEqual([]);
});

test("a change that fails leaves the file as it was", () => {
  using file = temporaryKeysFile();
  changeKeys(file.path, () => [issueKey().record]);
  const before = readFileSync(file.path, "utf8");
  const failure = new Error("no");
  const change = () => {
    throw failure;
  };
  expect(thrownBy(() => changeKeys(file.path, change))).toBe(failure);
  expect(readFileSync(file.path, "utf8")).toBe(before);
  expect(file.names()).toEqual(["keys.json"]);
});

test("a damaged file is never replaced by one without its keys", () => {
  using file = temporaryKeysFile();
  writeFileSync(file.path, '{"keys": [');
  expect(() => changeKeys(file.path, (keys) => [...keys, issueKey().record])).toThrow(KeysFileError);
  expect(readFileSync(file.path, "utf8")).toBe('{"keys": [');
});

test("while another command changes the file nothing is changed, and the error names the way out", () => {
  using file = temporaryKeysFile();
  changeKeys(file.path, () => [issueKey().record]);
  writeFileSync(`${file.path}.new`, "");
  const error = thrownBy(() => changeKeys(file.path, () => []));
  expect(error).toBeInstanceOf(KeysFileError);
  expect(String(error)).toContain(`${file.path}.new exists already`);
  expect(readKeys(file.path)).toHaveLength(1);
});

const { key, record } = issueKey();
const list = (...keys: unknown[]): string => JSON.stringify({ keys });

test.each<[what: string, text: string]>([
  ["nothing", ""],
  ["half of it", list(record).slice(0, -20)],
  ["a bare list", JSON.stringify([record])],
  ["null", "null"],
  ["an unknown field", JSON.stringify({ keys: [], version: 2 })],
  ["an unknown field of a key", list({ ...record, note: "x" })],
  ["a __proto__", `{"keys": [], "__proto__": {}}`],
  ["a missing field", list({ ...record, role: undefined })],
  ["an unknown role", list({ ...record, role: "root" })],
  ["a hash too short", list({ ...record, hash: record.hash.slice(1) })],
  ["a key where its hash should be", list({ ...record, hash: key })],
  ["a client with a NUL", list({ ...record, client: "alice\0bob" })],
  ["a client with a line break", list({ ...record, client: "alice\n" })],
  ["a client without a name", list({ ...record, client: "" })],
  ["the client of the time without keys", list({ ...record, client: "anonymous" })],
  ["a rate of zero", list({ ...record, rate: 0 })],
  ["half a request a second", list({ ...record, rate: 0.5 })],
  ["an empty revocation", list({ ...record, revoked_at: "" })],
  ["a revocation at another kind of time", list({ ...record, revoked_at: 1 })],
  ["an id twice", list(record, { ...record, revoked_at: record.created_at })],
  ["a key itself", key],
])("a file with %s is refused in one line that quotes none of it", (_, text) => {
  using file = temporaryKeysFile();
  writeFileSync(file.path, text);
  const error = thrownBy(() => readKeys(file.path));
  expect(error).toBeInstanceOf(KeysFileError);
  expect(Bun.inspect(error)).not.toContain(record.hash);
  expect(Bun.inspect(error)).not.toContain(key);
  expect((error as Error).message).toMatch(/^the keys file \S+ (is not in its form|has an id twice)$/);
});

test("a file that is not there, or is a folder, is named with the reason", () => {
  using file = temporaryKeysFile();
  expect(() => readKeys(file.path)).toThrow(`the keys file ${file.path} cannot be read (ENOENT)`);
  expect(() => readKeys(join(file.path, ".."))).toThrow("cannot be read (EISDIR)");
  const inside = join(file.path, "keys.json");
  expect(() => changeKeys(inside, (keys) => keys)).toThrow(`${inside}.new cannot be written (ENOENT)`);
});
