import { accessSync, constants, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import type { Writer } from "./driver.ts";
import { DatabaseOpenError } from "./errors.ts";
import { acquireLock, type Lock } from "./lock.ts";
import { openWriter } from "./open.ts";
import { migrations, type DatabaseName } from "./schemas.ts";
import { upgrade } from "./upgrade.ts";

export interface Claim {
  path: string;
  writer: Writer;
  lock: Lock;
  /** Where the database was copied to before it was upgraded from an older version. */
  snapshot: string | undefined;
}

/**
 * Makes the data folder if need be, takes `<name>.lock` in it, opens `<name>.db` and brings it to the newest version,
 * after it has copied an older version to a snapshot. Throws DatabaseOpenError (also when another process holds the
 * lock) or MigrationError; then neither the lock nor the database is open.
 */
export function claimDatabase(
  folder: string,
  name: DatabaseName,
  synchronous: "FULL" | "NORMAL",
  migrationFolder: string = migrations[name],
): Claim {
  const lock = lockFolder(resolve(folder), name);
  let writer: Writer | undefined;
  try {
    const path = join(resolve(folder), `${name}.db`);
    writer = openWriter(path, { synchronous });
    const snapshot = upgrade(writer, path, migrationFolder);
    return { path, writer, lock, snapshot };
  } catch (error) {
    writer?.close();
    lock.release();
    throw error;
  }
}

function lockFolder(folder: string, name: string): Lock {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new DatabaseOpenError(`the data folder ${folder} cannot be written`, { cause });
  }
  const lock = takeLock(join(folder, `${name}.lock`));
  if (lock) return lock;
  throw new DatabaseOpenError(`another ${name} process works on the data folder ${folder}`);
}

function takeLock(path: string): Lock | undefined {
  try {
    return acquireLock(path);
  } catch (cause) {
    throw new DatabaseOpenError(`the lock file ${path} cannot be used`, { cause });
  }
}
