import { join } from "node:path";

import { makeKey } from "../services/frontend/access/api-key.ts";
import { changeKeys, type KeyRecord } from "../services/frontend/access/keys-file.ts";
import type { Role } from "../services/frontend/access/roles.ts";
import { startMarket, type Market, type MarketOptions } from "./market.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const serviceSecret = "the-secret-of-the-services-0123456789";

export interface KeyedMarket extends Market {
  keysFile: string;
  /** Every key that was made, revoked ones included. */
  keys: string[];
  /** Adds keys to the file; the frontend reads it within a second. */
  addKeys(...wanted: WantedKey[]): string[];
  revoke(key: string): void;
}

export interface WantedKey {
  client: string;
  role: Role;
  rate?: number;
}

/** A market as it is run for others: with API keys, a service secret, and logs at every level. */
export async function startKeyedMarket(options: Pick<MarketOptions, "shape"> = {}): Promise<KeyedMarket> {
  const folder = temporaryFolder();
  const keysFile = join(folder.path, "keys.json");
  changeKeys(keysFile, () => []);
  const market = await startMarket({
    ...options,
    variables: {
      BOURSE_API_KEYS_FILE: keysFile,
      BOURSE_SERVICE_SECRET: serviceSecret,
      BOURSE_LOG_LEVEL: "trace",
    },
  });
  const keys: string[] = [];
  const stop = async (): Promise<void> => {
    await market.stop();
    folder[Symbol.dispose]();
  };
  return {
    ...market,
    keysFile,
    keys,
    addKeys(...wanted) {
      const made = writeKeys(keysFile, wanted);
      keys.push(...made);
      return made;
    },
    revoke: (key) => changeKeys(keysFile, (kept) => kept.map((record) => revokedIf(record, key))),
    stop,
    [Symbol.asyncDispose]: stop,
  };
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

function revokedIf(record: KeyRecord, key: string): KeyRecord {
  return key.includes(record.id) ? { ...record, revoked_at: new Date().toISOString() } : record;
}
