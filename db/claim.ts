import { accessSync, constants, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import type { Writer } from "./driver.ts";
import { DatabaseOpenError } from "./errors.ts";
import { acquireLock, type Lock } from "./lock.ts";
import { migrate } from "./migrate.ts";
import { openWriter } from "./open.ts";

export interface Claim {
  path: string;
  writer: Writer;
  lock: Lock;
}

const migrations = {
  catalog: new URL("./catalog/", import.meta.url),
  order: new URL("./order/", import.meta.url),
};

/**
 * Makes the data folder if need be, takes `<name>.lock` in it, opens `<name>.db` and brings it to the newest version.
 * Throws DatabaseOpenError (also when another process holds the lock) or MigrationError, and then holds nothing.
 */
export function claimDatabase(
  folder: string,
  name: "catalog" | "order",
  synchronous: "FULL" | "NORMAL",
): Claim {
  const lock = lockFolder(resolve(folder), name);
  try {
    const path = join(resolve(folder), `${name}.db`);
    const writer = openWriter(path, { synchronous });
    migrate(writer, migrations[name]);
    return { path, writer, lock };
  } catch (error) {
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
  const lock = acquireLock(join(folder, `${name}.lock`));
  if (lock) return lock;
  throw new DatabaseOpenError(`another ${name} process works on the data folder ${folder}`);
}
