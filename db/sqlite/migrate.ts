import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MigrationError } from "./errors.ts";
import type { Reader, Writer } from "./driver.ts";

interface Migration {
  fileName: string;
  sql: string;
}

/**
 * Brings a database to the newest version: runs the files `001-name.sql`, `002-name.sql` … of `folder` that are
 * past its `user_version`, all in one transaction. Returns the versions before and after.
 * Throws MigrationError, with the database unchanged, if a file fails (it is named), the numbers have a gap or
 * repeat, or the database is newer than the newest file.
 */
export function migrate(writer: Writer, folder: string): { from: number; to: number } {
  const migrations = readMigrations(folder);
  const to = migrations.length;
  return writer.immediate(() => {
    const from = schemaVersion(writer);
    if (from > to) {
      throw new MigrationError(
        `this database is of version ${from}; this Bourse knows up to ${to}: start the newer Bourse that wrote it`,
      );
    }
    for (const migration of migrations.slice(from)) apply(writer, migration);
    if (to > from) writer.exec(`PRAGMA user_version = ${to}`);
    return { from, to };
  });
}

function apply(writer: Writer, { fileName, sql }: Migration): void {
  try {
    writer.exec(sql);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new MigrationError(`migration ${fileName} failed, the database is unchanged: ${detail}`, { cause });
  }
}

/** The version of a database: how many migrations made it. 0 is an empty file. */
export function schemaVersion(reader: Reader): number {
  return reader.prepare<{ user_version: number }>("PRAGMA user_version").get()?.user_version ?? 0;
}

/** The version that `migrate` brings a database to. */
export function newestVersion(folder: string): number {
  return readMigrations(folder).length;
}

/** The folder's migrations in order, numbered 1, 2, 3 … */
function readMigrations(folder: string): Migration[] {
  const fileNames = readdirSync(folder).filter((fileName) => fileName.endsWith(".sql"));
  if (fileNames.length === 0) throw new MigrationError(`there are no migrations in ${folder}`);
  return fileNames.toSorted().map((fileName, index) => {
    const expected = String(index + 1).padStart(3, "0");
    if (!fileName.startsWith(`${expected}-`)) {
      throw new MigrationError(
        `${fileName} in ${folder} stands where ${expected}-….sql is due: no gap, no repeat`,
      );
    }
    return { fileName, sql: readFileSync(join(folder, fileName), "utf8") };
  });
}
