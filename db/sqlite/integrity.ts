import type { Reader } from "./driver.ts";

/** What SQLite's own check finds wrong with the file and its indexes, a line each; empty when it is sound. Reads it all. */
export function integrityProblems(db: Reader): string[] {
  return db
    .prepare<{ integrity_check: string }>("PRAGMA integrity_check")
    .all()
    .map((row) => row.integrity_check.replaceAll("\n", " "))
    .filter((problem) => problem !== "ok");
}
