import { statSync } from "node:fs";

import type { Log } from "../../runtime/log.ts";
import { readKeys, type KeyRecord } from "./keys-file.ts";

const pollMs = 500;

/**
 * Reads the keys again whenever their file changes, so that a new key works and a revoked one stops without a
 * restart. A file that cannot be read leaves the keys as they were, and says so.
 */
export class KeysWatch {
  readonly #path: string;
  readonly #timer: ReturnType<typeof setInterval>;
  #seen: string;

  constructor(path: string, onKeys: (keys: KeyRecord[]) => void, log: Log) {
    this.#path = path;
    this.#seen = this.#stamp();
    this.#timer = setInterval(() => {
      const stamp = this.#stamp();
      if (stamp === this.#seen) return;
      this.#seen = stamp;
      try {
        const keys = readKeys(path);
        onKeys(keys);
        log.info({ keys: keys.length }, "API keys read again");
      } catch (error) {
        log.error({ err: error }, "API keys stay as they were");
      }
    }, pollMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #stamp(): string {
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    return stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : "";
  }
}
