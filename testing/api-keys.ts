import { makeKey } from "../services/frontend/access/api-key.ts";
import { changeKeys } from "../services/frontend/access/keys-file.ts";
import type { Role } from "../services/frontend/access/roles.ts";

export interface WantedKey {
  client: string;
  role: Role;
  rate?: number;
}

/** Adds keys to a file of keys, and returns what their holders show. */
export function writeKeys(keysFile: string, wanted: readonly WantedKey[]): string[] {
  const made = wanted.map(({ client, role, rate = 100_000 }) => {
    const { key, id, hash } = makeKey();
    const created_at = new Date().toISOString();
    return { key, record: { id, hash, client, role, rate, created_at, revoked_at: null } };
  });
  changeKeys(keysFile, (kept) => [...kept, ...made.map(({ record }) => record)]);
  return made.map(({ key }) => key);
}
