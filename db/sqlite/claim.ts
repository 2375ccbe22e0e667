import { accessSync, constants, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

import type { Writer } from "./driver.ts";
import { DatabaseOpenError } from "./errors.ts";
import { acquireLock, type Lock } from "./lock.ts";
import { openWriter } from "./open.ts";
import { withPrivateFiles } from "./private-file.ts";
import { migrations, type DatabaseName } from "./schemas.ts";
import { upgrade } from "./upgrade.ts";
import { assertUsable } from "./usable.ts";

export interface Claim {
  path: string;
  writer: Writer;
  lock: Lock;
  /** Where the database was copied to before it was upgraded from an older version. */
  snapshot: string | undefined;
}

export interface ClaimOptions {
  /** Called, with the lock held, before a database is made where there is none or a file of 0 bytes. Throws to prevent it. */
  beforeCreation?(): void;
  /** Instead of the database's own. */
  migrationFolder?: string;
}

/**
 * Makes the data folder if need be, takes `<name>.lock` in it, opens `<name>.db` and brings it to the newest version,
 * after it has copied an older version to a snapshot. The folder and the files that it makes are for their owner only.
 * Throws MigrationError, what `beforeCreation` throws, or DatabaseOpenError: also when another process holds the lock, and
 * for a database that is damaged or cannot be written. Then neither the
 * lock nor the database is open.
 */
export function claimDatabase(
  folder: string,
  name: DatabaseName,
  synchronous: "FULL" | "NORMAL",
  options: ClaimOptions = {},
): Claim {
  return withPrivateFiles(() => claim(resolve(folder), name, synchronous, options));
}

function claim(
  folder: string,
  name: DatabaseName,
  synchronous: "FULL" | "NORMAL",
  { beforeCreation, migrationFolder = migrations[name] }: ClaimOptions,
): Claim {
  const lock = lockFolder(folder, name);
  let writer: Writer | undefined;
  try {
    const path = join(folder, `${name}.db`);
    if (!statSync(path, { throwIfNoEntry: false })?.size) beforeCreation?.();
    writer = openWriter(path, { synchronous });
    assertUsable(writer, path);
    removeUnfinishedSnapshots(path);
    const snapshot = upgrade(writer, path, migrationFolder);
    return { path, writer, lock, snapshot };
  } catch (error) {
    writer?.close();
    lock.release();
    throw error;
  }
}

/** What a start has left that was killed during its copy. */
function removeUnfinishedSnapshots(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder))
    if (name.startsWith(`${basename(path)}.v`) && name.endsWith(".bak.unfinished"))
      rmSync(join(folder, name));
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
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DatabaseOpenError(`the lock file ${path} cannot be used: ${why}`, { cause });
  }
}
