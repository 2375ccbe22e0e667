import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { asReader, asWriter } from "./connection.ts";
import { DatabaseOpenError } from "./errors.ts";
import { asStoreFailure, withStoreFailures } from "./failures.ts";
import { runtimeDriver } from "./runtime-driver.ts";
import type { Connection, Driver, Reader, Writer } from "./driver.ts";

const BUSY_TIMEOUT_MS = 5000;
/** A WAL that a long reader has made larger is cut back to this when it starts over. */
const WAL_BYTES = 32 * 2 ** 20;

/**
 * Opens an existing database read-only. Never creates or changes the file.
 * Throws DatabaseOpenError if there is none, or it is no database.
 */
export function openReader(path: string, driver: Driver = runtimeDriver()): Reader {
  if (!existsSync(path)) throw new DatabaseOpenError(`cannot open ${path}: there is no such file`);
  return asReader(
    open(path, "read", driver, (connection) => {
      connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      // Opening alone reads nothing: this finds out whether it is a database.
      connection.prepare("PRAGMA schema_version").get([]);
    }),
  );
}

/**
 * Opens a database for writing, in WAL mode, and creates the file (not its folder) if there is none.
 * `synchronous`: FULL makes every commit survive a power cut, NORMAL may lose the last ones.
 * Throws DatabaseOpenError.
 */
export function openWriter(
  path: string,
  options: { synchronous: "FULL" | "NORMAL" },
  driver: Driver = runtimeDriver(),
): Writer {
  const folder = dirname(path);
  if (!existsSync(folder)) throw new DatabaseOpenError(`cannot open ${path}: there is no folder ${folder}`);
  return asWriter(
    open(path, "write", driver, (connection) => {
      connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      assertWal(connection);
      connection.exec(`PRAGMA synchronous = ${options.synchronous}`);
      connection.exec(`PRAGMA journal_size_limit = ${WAL_BYTES}`);
      connection.exec("PRAGMA foreign_keys = ON");
      // Only macOS has these: its fsync does not reach the disk. Elsewhere they do nothing.
      connection.exec("PRAGMA fullfsync = ON");
      connection.exec("PRAGMA checkpoint_fullfsync = ON");
    }),
  );
}

function open(
  path: string,
  access: "read" | "write",
  driver: Driver,
  configure: (connection: Connection) => void,
): Connection {
  let connection: Connection | undefined;
  try {
    // Absolute, so that ':memory:' and 'file:' are names like any other.
    connection = withStoreFailures(driver.open(resolve(path), access));
    configure(connection);
    return connection;
  } catch (error) {
    connection?.close();
    if (error instanceof DatabaseOpenError) throw error;
    throw new DatabaseOpenError(
      `cannot open ${path}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: asStoreFailure(error) },
    );
  }
}

function assertWal(connection: Connection): void {
  const row = connection.prepare("PRAGMA journal_mode = WAL").get([]) as { journal_mode: string };
  if (row.journal_mode === "wal") return;
  throw new Error(`its file system allows no WAL mode (journal mode stays ${row.journal_mode})`);
}
