import { statSync } from "node:fs";

import { storeFailureIn } from "../store-failure.ts";
import type { Reader, Writer } from "./driver.ts";
import { DatabaseOpenError } from "./errors.ts";
import { isReadOnly } from "./failures.ts";

/** SQLite's check reads the whole file. Up to this size that takes less than a second. */
const wholeCheckBytes = 64 * 2 ** 20;

/**
 * Throws DatabaseOpenError for a database that is damaged or cannot be written, so that a service refuses to start instead
 * of failing at its first order. Of a file past 64 MiB only the first row of each table is read.
 */
export function assertUsable(writer: Writer, path: string): void {
  try {
    const problem = statSync(path).size <= wholeCheckBytes ? firstProblem(writer) : readTables(writer);
    if (problem !== undefined) throw damaged(path, problem);
    assertWritable(writer);
  } catch (error) {
    if (isReadOnly(error)) throw new DatabaseOpenError(`${path} cannot be written`, { cause: error });
    const failure = storeFailureIn(error);
    if (failure?.kind === "damaged") throw damaged(path, failure.message, error);
    throw error;
  }
}

function damaged(path: string, problem: string, cause?: unknown): DatabaseOpenError {
  const line = problem.replaceAll("\n", " ");
  return new DatabaseOpenError(`${path} is damaged, restore a backup: ${line}`, { cause });
}

function firstProblem(reader: Reader): string | undefined {
  const row = reader.prepare<{ quick_check: string }>("PRAGMA quick_check(1)").get();
  return row === undefined || row.quick_check === "ok" ? undefined : row.quick_check;
}

function readTables(reader: Reader): undefined {
  const tables = reader
    .prepare<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all();
  for (const { name } of tables) reader.prepare(`SELECT 1 FROM "${name}" LIMIT 1`).get();
}

class RolledBack extends Error {}

// SQLite opens a file that it may not write for reading, without an error, and so does BEGIN IMMEDIATE. Nothing of this
// change reaches the disk.
function assertWritable(writer: Writer): void {
  try {
    writer.immediate(() => {
      writer.exec("PRAGMA user_version = 0");
      throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  }
}
