import { statSync } from "node:fs";

import type { Log } from "../../runtime/process/log.ts";
import { readKeys, type KeyRecord } from "./keys-file.ts";

const pollMs = 500;

/**
 * Reads the keys again whenever their file changes, so that a new key works and a revoked one stops without a
 * restart. A file that cannot be read leaves the keys as they were, and says so.
 */
export class KeysWatch {
  readonly #path: string;
  readonly #onKeys: (keys: KeyRecord[]) => void;
  readonly #log: Log;
  readonly #timer: ReturnType<typeof setInterval>;
  // Neither is known at first: the file may have changed since the keys were read at start.
  #read: string | undefined;
  #failed: string | undefined;

  constructor(path: string, onKeys: (keys: KeyRecord[]) => void, log: Log) {
    this.#path = path;
    this.#onKeys = onKeys;
    this.#log = log;
    this.#timer = setInterval(() => this.#look(), pollMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  // A failure is tried again, be the file the same or not, and logged once.
  #look(): void {
    const stamp = stampOf(this.#path);
    if (stamp === this.#read) return;
    try {
      const keys = readKeys(this.#path);
      this.#onKeys(keys);
      this.#read = stamp;
      this.#failed = undefined;
      this.#log.info({ keys: keys.length }, "API keys read");
    } catch (error) {
      if (stamp !== this.#failed) this.#log.error({ err: error }, "API keys stay as they were");
      this.#failed = stamp;
    }
  }
}

/** Differs whenever the file does; what keeps it from being looked at keeps it from being read, too. */
function stampOf(path: string): string {
  try {
    const { ino, ctimeMs, size } = statSync(path);
    return `${ino} ${ctimeMs} ${size}`;
  } catch {
    return "";
  }
}
