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

/** A client's name. `anonymous` placed the orders from before there were keys; nobody else gets to be it. */
export const clientPattern = new RegExp(`^(?!anonymous$)${clientName}$`);
export const rateMax = 999_999;

const Time = Type.String({ pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$` });

/** A key as it is kept: who it speaks for, what it may do, and how often. A client outlives its keys. */
const KeyRecord = Type.Object(
  {
    id: Type.String({ pattern: "^[0-9a-f]{12}$" }),
    hash: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    client: Type.String({ pattern: clientPattern.source }),
    role: Type.Union(roles.map((role) => Type.Literal(role))),
    /** Requests a second that it may keep up; an order of a batch counts as one. */
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

/** A file of keys that cannot be used. Its message, all that it holds, quotes nothing from the file. */
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
 * Replaces the file in one step by what `change` makes of its keys, readable by its owner only. One change at a time:
 * of two at once, one would undo the other. Throws KeysFileError, and what `change` throws; then nothing is changed.
 */
export function changeKeys(path: string, change: (keys: KeyRecord[]) => KeyRecord[]): void {
  const next = `${path}.new`;
  const file = openAlone(next);
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

const patienceMs = 1_000;
const retryMs = 20;

/** The next file, which also is the lock: it is there for as long as one command is at work. */
function openAlone(path: string): number {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return openSync(path, "wx", 0o600);
    } catch (error) {
      if (codeOf(error) !== "EEXIST")
        throw new KeysFileError(`${path} cannot be written (${codeOf(error)})`, { cause: error });
      if (performance.now() > deadline)
        throw new KeysFileError(`${path} is in the way: if no other keys command is running, delete it`, {
          cause: error,
        });
    }
    Bun.sleepSync(retryMs);
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

// What is wrong with the JSON is not said: the parser quotes it, and it may be a key.
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
