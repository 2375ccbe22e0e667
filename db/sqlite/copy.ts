import { closeSync, fsyncSync, openSync } from "node:fs";

import type { Reader } from "./driver.ts";

/**
 * Writes everything that is committed at this moment into a new file: compact, without a WAL, and synced to the disk
 * when this returns. Writers continue during the copy, but their WAL cannot be reset: it grows until the copy ends.
 * Uses no more memory than SQLite's page cache. Throws a StoreFailure (`full`: no room), and then the file at
 * `path` is incomplete.
 */
export function copyDatabase(from: Reader, path: string): void {
  from.prepare("VACUUM INTO ?").run(path);
  syncToDisk(path);
}

/**
 * Waits until a file, or a folder's list of names, is on the disk. Not for a database that this process has open:
 * closing the descriptor would drop SQLite's locks on it.
 */
export function syncToDisk(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
