import { join } from "node:path";

import { changeKeys, type KeyRecord } from "../services/frontend/access/keys-file.ts";
import { writeKeys, type WantedKey } from "./api-keys.ts";
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

function revokedIf(record: KeyRecord, key: string): KeyRecord {
  return key.includes(record.id) ? { ...record, revoked_at: new Date().toISOString() } : record;
}
