import { StoreFailure, type StoreFailureKind } from "../store-failure.ts";
import type { Connection, PreparedStatement } from "./driver.ts";

/**
 * The same connection, whose errors from SQLite are StoreFailures. Other errors (a wrong parameter) stay as they are.
 */
export function withStoreFailures(connection: Connection): Connection {
  return {
    prepare: (sql) => statementWithStoreFailures(attempt(() => connection.prepare(sql))),
    exec: (sql) => attempt(() => connection.exec(sql)),
    inTransaction: () => connection.inTransaction(),
    close: () => attempt(() => connection.close()),
  };
}

function statementWithStoreFailures(statement: PreparedStatement): PreparedStatement {
  return {
    returnsRows: statement.returnsRows,
    get: (params) => attempt(() => statement.get(params)),
    all: (params) => attempt(() => statement.all(params)),
    run: (params) => attempt(() => statement.run(params)),
  };
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asStoreFailure(error);
  }
}

/** SQLite's error, of either library, as a StoreFailure; any other error as it is. */
export function asStoreFailure(error: unknown): unknown {
  const code = primaryCode(error);
  if (code === undefined) return error;
  return new StoreFailure(kindOf(code), error instanceof Error ? error.message : String(error), error);
}

/**
 * The failure of a COMMIT. With `full`, `busy` and `constraint` SQLite has written nothing; after any other error
 * it is not known whether the transaction is on the disk.
 */
export function commitFailure(error: unknown): StoreFailure {
  const kind = error instanceof StoreFailure ? error.kind : "in_doubt";
  const isKnown = kind === "full" || kind === "busy" || kind === "constraint";
  const message = `COMMIT failed: ${error instanceof Error ? error.message : String(error)}`;
  return new StoreFailure(isKnown ? kind : "in_doubt", message, error);
}

function kindOf(code: string): StoreFailureKind {
  switch (code) {
    case "SQLITE_FULL":
      return "full";
    case "SQLITE_BUSY":
      return "busy";
    case "SQLITE_CONSTRAINT":
    case "SQLITE_MISMATCH":
    case "SQLITE_TOOBIG":
      return "constraint";
    case "SQLITE_NOTADB":
    case "SQLITE_CORRUPT":
      return "damaged";
    default:
      return "in_doubt";
  }
}

/** Whether SQLite refused to write because it could open the file for reading only. */
export function isReadOnly(error: unknown): boolean {
  if (primaryCode(error) === "SQLITE_READONLY") return true;
  return error instanceof Error && isReadOnly(error.cause);
}

/** An extended code ('SQLITE_CONSTRAINT_UNIQUE') is folded into its primary one. */
function primaryCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return /^SQLITE_[A-Z]+/.exec(error.code)?.[0];
}
