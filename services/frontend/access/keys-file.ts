import { readFileSync, renameSync, writeFileSync } from "node:fs";

import { Type, type Static } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";

import { roles } from "./roles.ts";

/** A key as it is kept: who it speaks for, what it may do, and how often. A client outlives its keys. */
const KeyRecord = Type.Object(
  {
    id: Type.String({ pattern: "^[0-9a-f]{12}$" }),
    hash: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    client: Type.String({ pattern: "^[A-Za-z0-9._-]{1,64}$" }),
    role: Type.Union(roles.map((role) => Type.Literal(role))),
    /** Requests a second that it may keep up; an order of a batch counts as one. */
    rate: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    created_at: Type.String(),
    revoked_at: Type.Union([Type.String(), Type.Null()]),
  },
  { additionalProperties: false },
);
export type KeyRecord = Static<typeof KeyRecord>;

const schema = TypeCompiler.Compile(
  Type.Object({ keys: Type.Array(KeyRecord) }, { additionalProperties: false }),
);

export const clientPattern = /^[A-Za-z0-9._-]{1,64}$/;

/** A file of keys that cannot be used: not there, not readable, not in its form. */
export class KeysFileError extends Error {
  override readonly name = "KeysFileError";
}

/** Throws KeysFileError. */
export function readKeys(path: string): KeyRecord[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new KeysFileError(`the keys file ${path} cannot be read`, { cause });
  }
  if (!schema.Check(parsed)) throw new KeysFileError(`the keys file ${path} is not in its form`);
  return parsed.keys;
}

/** Replaces the file in one step, readable by its owner only. */
export function writeKeys(path: string, keys: readonly KeyRecord[]): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}
