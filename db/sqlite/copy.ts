import { closeSync, fsyncSync, openSync } from "node:fs";

import type { Reader } from "./driver.ts";

/**
 * Writes everything that is committed right now into a new file: whole, compact, without a WAL beside it, and on the
 * disk when this returns. Writers go on during the copy, but their WAL cannot start over: it grows for as long as
 * the copy takes. Memory stays at SQLite's page cache. Throws a StoreFailure (`full`: no room), and then the file at
 * `path` is not whole.
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
