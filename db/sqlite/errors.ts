/** A database that cannot be opened: no such file, no such folder, not a database, no library to open it with. */
export class DatabaseOpenError extends Error {
  override readonly name = "DatabaseOpenError";
}

/** A migration that did not happen; the database is as it was. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}
