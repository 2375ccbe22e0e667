import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";

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
  const text = onFile(`the keys file ${path} cannot be read`, () => readFileSync(path, "utf8"));
  const parsed = parse(text);
  if (!schema.Check(parsed)) throw new KeysFileError(`the keys file ${path} is not in its form`);
  if (new Set(parsed.keys.map(({ id }) => id)).size < parsed.keys.length)
    throw new KeysFileError(`the keys file ${path} has an id twice`);
  return parsed.keys;
}

/**
 * Replaces the file by what `change` makes of its keys, atomically, readable by its owner only. Changes exclude each
 * other. Throws KeysFileError, and what `change` throws; then the file stays as it was.
 */
export function changeKeys(path: string, change: (keys: KeyRecord[]) => KeyRecord[]): void {
  const next = `${path}.new`;
  const file = openExclusive(next);
  try {
    const keys = change(existsSync(path) ? readKeys(path) : []);
    onFile(`the keys file ${path} cannot be replaced`, () => {
      writeFileSync(file, `${JSON.stringify({ keys }, null, 2)}\n`);
      fsyncSync(file);
      renameSync(next, path);
    });
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  } finally {
    closeSync(file);
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
