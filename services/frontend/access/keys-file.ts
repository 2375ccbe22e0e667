import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { dirname, resolve } from "node:path";

import { Type, type Static } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";

import { clientName } from "../../contract/order.ts";
import { roles } from "./roles.ts";

/** A client's name. `anonymous` is the client of all orders without an API key, so no key may have it. */
export const clientPattern = new RegExp(`^(?!anonymous$)${clientName}$`);
export const rateMax = 999_999;

const Time = Type.String({ pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$` });

/** A key as the file holds it: its client, its role and its rate. A client outlives its keys. */
const KeyRecord = Type.Object(
  {
    id: Type.String({ pattern: "^[0-9a-f]{12}$" }),
    hash: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    client: Type.String({ pattern: clientPattern.source }),
    role: Type.Union(roles.map((role) => Type.Literal(role))),
    /** Requests a second; each order of a batch counts as one. */
    rate: Type.Integer({ minimum: 1, maximum: rateMax }),
    created_at: Time,
    revoked_at: Type.Union([Time, Type.Null()]),
  },
  { additionalProperties: false },
);
export type KeyRecord = Static<typeof KeyRecord>;

const schema = TypeCompiler.Compile(
  Type.Object({ keys: Type.Array(KeyRecord) }, { additionalProperties: false }),
);

/** The keys file cannot be used. The message quotes nothing from the file. */
export class KeysFileError extends Error {
  override readonly name = "KeysFileError";
}

/** Throws KeysFileError. */
export function readKeys(path: string): KeyRecord[] {
  const cannotRead = `the keys file ${path} cannot be read`;
  const text = onFile(cannotRead, () => {
    requireRegular(path, statSync(path));
    return readFileSync(path, "utf8");
  });
  const parsed = parse(text);
  if (!schema.Check(parsed)) throw new KeysFileError(`the keys file ${path} is not in its form`);
  if (new Set(parsed.keys.map(({ id }) => id)).size < parsed.keys.length)
    throw new KeysFileError(`the keys file ${path} has an id twice`);
  return parsed.keys;
}

/** The file as a change left it. */
export interface ChangedFile {
  /** Where the keys are: behind every symbolic link. */
  path: string;
  uid: number;
  mode: number;
}

/**
 * Replaces the file by what `change` makes of its keys, atomically. Symbolic links are followed, and owner and mode stay, so
 * that a frontend which could read the file still can; a new file is readable by its owner only. Changes exclude each other.
 * Throws KeysFileError, and what `change` throws; then the file stays as it was.
 */
export function changeKeys(path: string, change: (keys: KeyRecord[]) => KeyRecord[]): ChangedFile {
  const target = onFile(`the keys file ${path} cannot be read`, () => {
    const behind = behindLinks(path);
    requireRegular(path, statIfThere(behind));
    return behind;
  });
  const next = `${target}.new`;
  const file = openExclusive(next);
  try {
    const before = statIfThere(target);
    const old = before ? readKeys(target) : [];
    if (before && before.nlink > 1)
      throw new KeysFileError(
        `the keys file ${path} has a second name (a hard link), under which the old keys would stay: remove one`,
      );
    const keys = change(old);
    onFile(`the keys file ${path} cannot be replaced`, () => {
      writeFileSync(file, `${JSON.stringify({ keys }, null, 2)}\n`);
      if (before) keepOwner(path, file, before);
      fsyncSync(file);
      renameSync(next, target);
      syncFolder(dirname(target));
    });
    const { uid, mode } = fstatSync(file);
    return { path: target, uid, mode };
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

const maxLinks = 40;

/** The path behind every symbolic link, also when nothing is there yet. */
function behindLinks(path: string): string {
  let target = path;
  for (let links = 0; links <= maxLinks; links += 1) {
    if (!lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink()) return target;
    target = resolve(realpathSync(dirname(target)), readlinkSync(target));
  }
  throw new KeysFileError(`the keys file ${path} is a symbolic link without an end`);
}

function statIfThere(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** A pipe would block its reader, and neither a pipe nor a device can be replaced. */
function requireRegular(path: string, stat: Stats | undefined): void {
  // A folder is refused by reading it.
  if (stat && !stat.isFile() && !stat.isDirectory())
    throw new KeysFileError(`the keys file ${path} is a pipe or a device, not a file`);
}

function keepOwner(path: string, file: number, { uid, gid, mode }: Stats): void {
  const made = fstatSync(file);
  try {
    // Before the mode, because a change of the owner can take bits of it away.
    if (made.uid !== uid || made.gid !== gid) fchownSync(file, uid, gid);
    fchmodSync(file, mode & 0o777);
  } catch (error) {
    throw new KeysFileError(
      `the keys file ${path} cannot be replaced with its owner kept (${codeOf(error)}): run this as its owner or as root`,
      { cause: error },
    );
  }
}

/** Makes the new name survive a power cut. */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

const lockTimeoutMs = 1_000;
const lockRetryMs = 20;

/** Creates the new file, which is also the lock: it exists for as long as a command changes the keys. */
function openExclusive(path: string): number {
  const deadlineMs = performance.now() + lockTimeoutMs;
  for (;;) {
    try {
      return openSync(path, "wx", 0o600);
    } catch (error) {
      if (codeOf(error) !== "EEXIST")
        throw new KeysFileError(`${path} cannot be written (${codeOf(error)})`, { cause: error });
      if (performance.now() > deadlineMs)
        throw new KeysFileError(`${path} exists already: if no other keys command is running, delete it`, {
          cause: error,
        });
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lockRetryMs);
  }
}

function onFile<T>(failure: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof KeysFileError) throw error;
    throw new KeysFileError(`${failure} (${codeOf(error)})`, { cause: error });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}

// The parser's own message is dropped: it quotes the text, which may be a key.
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
