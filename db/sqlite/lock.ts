import { resolve } from "node:path";
import { storeFailureIn } from "../store-failure.ts";
import { asStoreFailure, withStoreFailures } from "./failures.ts";
import { runtimeDriver } from "./runtime-driver.ts";
import type { Connection, Driver } from "./driver.ts";

export interface Lock {
  /** Frees the lock. The file stays: deleting it would let two processes each lock their own. */
  release(): void;
}

// A connection that nothing refers to is closed by the garbage collector, and its lock with it.
const held = new Set<Connection>();

/**
 * Takes the lock at `path` (a small file, made if need be), or gives undefined at once if another holds it.
 * The operating system frees it when the process dies, by `kill -9` too. Other errors are StoreFailures.
 * POSIX drops the lock when this process opens and closes the file in any other way: leave the file alone.
 */
export function acquireLock(path: string, driver: Driver = runtimeDriver()): Lock | undefined {
  const connection = openLockFile(path, driver);
  try {
    connection.exec("PRAGMA busy_timeout = 0");
    connection.exec("PRAGMA journal_mode = MEMORY");
    connection.exec("BEGIN EXCLUSIVE");
    // SQLite opens a file that it may not write for reading, and then this transaction locks nobody out. The write finds
    // that out; it is never committed.
    connection.exec("PRAGMA user_version = 1");
  } catch (error) {
    connection.close();
    if (storeFailureIn(error)?.kind === "busy") return undefined;
    throw error;
  }
  held.add(connection);
  return {
    release() {
      if (!held.delete(connection)) return;
      connection.exec("ROLLBACK");
      connection.close();
    },
  };
}

function openLockFile(path: string, driver: Driver): Connection {
  try {
    return withStoreFailures(driver.open(resolve(path), "write"));
  } catch (error) {
    throw asStoreFailure(error);
  }
}
