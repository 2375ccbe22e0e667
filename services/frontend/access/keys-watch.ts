import { statSync } from "node:fs";

import type { RuntimeContext } from "../../runtime/context.ts";
import type { Cancel } from "../../runtime/flow/clock.ts";
import type { Log } from "../../runtime/process/log.ts";
import { readKeys, type KeyRecord } from "./keys-file.ts";

const pollMs = 500;

/**
 * Reads the keys file again whenever it changes, so that a new key works and a revoked key stops working without a
 * restart. When the file cannot be read, the keys are unchanged and the log has an error.
 */
export class KeysWatch {
  readonly #path: string;
  readonly #onKeys: (keys: KeyRecord[]) => void;
  readonly #log: Log;
  readonly #stopPolling: Cancel;
  /** Stamp of the file as it was last read. Undefined at first: the file may have changed since the start read it. */
  #readStamp: string | undefined;
  /** Stamp of the file as it was when reading it last failed. */
  #failedStamp: string | undefined;

  constructor(
    path: string,
    onKeys: (keys: KeyRecord[]) => void,
    { clock, log }: Pick<RuntimeContext, "clock" | "log">,
  ) {
    this.#path = path;
    this.#onKeys = onKeys;
    this.#log = log;
    this.#stopPolling = clock.every(pollMs, () => this.#poll());
  }

  close(): void {
    this.#stopPolling();
  }

  // After a failure every poll reads the file again; the same file is logged once.
  #poll(): void {
    const stamp = stampOf(this.#path);
    if (stamp === this.#readStamp) return;
    try {
      const keys = readKeys(this.#path);
      this.#onKeys(keys);
      this.#readStamp = stamp;
      this.#failedStamp = undefined;
      this.#log.info({ keys: keys.length }, "API keys read");
    } catch (error) {
      if (stamp !== this.#failedStamp)
        this.#log.error({ err: error }, "the API keys are unchanged, because their file cannot be used");
      this.#failedStamp = stamp;
    }
  }
}

/** Another text for each version of the file; empty when the file cannot be read anyway. */
function stampOf(path: string): string {
  try {
    const { ino, ctimeMs, size } = statSync(path);
    return `${ino} ${ctimeMs} ${size}`;
  } catch {
    return "";
  }
}
