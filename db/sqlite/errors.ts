/** A database that cannot be opened: no such file, no such folder, not a database, no library to open it with. */
export class DatabaseOpenError extends Error {
  override readonly name = "DatabaseOpenError";
}

/** A migration that did not happen; the database is as it was. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/**
 * COMMIT itself failed; `cause` is SQLite's error. With SQLITE_FULL or SQLITE_CONSTRAINT nothing was written.
 * With any other code the outcome is unknown: exit, and let the restart read what is there.
 */
export class CommitError extends Error {
  override readonly name = "CommitError";

  constructor(cause: unknown) {
    super(`COMMIT failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/**
 * SQLite's primary code of an error of either library, such as 'SQLITE_FULL', 'SQLITE_BUSY', 'SQLITE_CONSTRAINT'
 * or 'SQLITE_IOERR'; extended codes ('SQLITE_CONSTRAINT_UNIQUE') are folded. Looks through `cause`.
 * Undefined for an error that is not SQLite's.
 */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? sqliteCode(error.cause);
}
