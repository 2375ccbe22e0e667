import { asReader, asWriter } from "./connection.ts";
import { withStoreFailures } from "./failures.ts";
import { migrate } from "./migrate.ts";
import { runtimeDriver } from "./runtime-driver.ts";
import { migrations, type DatabaseName } from "./schemas.ts";
import type { Driver, Reader, Writer } from "./driver.ts";

/**
 * A reader and a writer over one connection: the reader sees everything that the writer has written, uncommitted too.
 */
export interface MemoryDatabase {
  /** Closing it does nothing: closing the writer removes the database. */
  reader: Reader;
  writer: Writer;
}

/**
 * A new empty database in memory. A second connection would see another database, and there is no WAL: so a read in the
 * middle of a write transaction sees what is not committed yet. `checkpoint()` does nothing.
 */
export function openMemory(driver: Driver = runtimeDriver()): MemoryDatabase {
  const connection = withStoreFailures(driver.open(":memory:", "write"));
  connection.exec("PRAGMA foreign_keys = ON");
  return { reader: { ...asReader(connection), close: () => undefined }, writer: asWriter(connection) };
}

/** A new database in memory, of the newest version, with nothing in its tables. */
export function openMemoryDatabase(name: DatabaseName, driver: Driver = runtimeDriver()): MemoryDatabase {
  const database = openMemory(driver);
  migrate(database.writer, migrations[name]);
  return database;
}
