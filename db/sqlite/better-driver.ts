import { createRequire } from "node:module";
import { DatabaseOpenError } from "./errors.ts";
import type { Connection, Driver, PreparedStatement, Value } from "./driver.ts";

// The part of better-sqlite3 that is used here; it ships no types.
interface BetterStatement {
  readonly reader: boolean;
  get(...params: Value[]): unknown;
  all(...params: Value[]): unknown[];
  run(...params: Value[]): { changes: number };
}
interface BetterDatabase {
  readonly inTransaction: boolean;
  prepare(sql: string): BetterStatement;
  exec(sql: string): unknown;
  close(): unknown;
}
type BetterConstructor = new (
  path: string,
  options: { readonly: boolean; timeout: number },
) => BetterDatabase;

const require = createRequire(import.meta.url);

/** SQLite through better-sqlite3, an optional dependency: loaded on first use. Throws DatabaseOpenError without it. */
export const betterDriver: Driver = { name: "better-sqlite3", open };

function open(path: string, access: "read" | "write"): Connection {
  const Database = load();
  // The caller sets the busy timeout. By default it would be 5 s here and 0 under bun:sqlite.
  const database = new Database(path, { readonly: access === "read", timeout: 0 });
  return {
    prepare: (sql) => prepared(database.prepare(sql)),
    exec: (sql) => {
      database.exec(sql);
    },
    inTransaction: () => database.inTransaction,
    close: () => {
      database.close();
    },
  };
}

function prepared(statement: BetterStatement): PreparedStatement {
  return {
    returnsRows: statement.reader,
    get: (params) => statement.get(...params.map(bound)),
    all: (params) => statement.all(...params.map(bound)),
    run: (params) => statement.run(...params.map(bound)),
  };
}

// better-sqlite3 binds every number as REAL, so that `? / 2` and `typeof(?)` would differ from bun:sqlite.
function bound(value: Value): Value {
  return typeof value === "number" && Number.isInteger(value) ? BigInt(value) : value;
}

function load(): BetterConstructor {
  assertNodeSupported(process.versions.node);
  try {
    return require("better-sqlite3") as BetterConstructor;
  } catch (cause) {
    throw new DatabaseOpenError("better-sqlite3 cannot be loaded: install it (npm install), or run on Bun", {
      cause,
    });
  }
}

/** Throws DatabaseOpenError for a Node version ('20.20.2') that better-sqlite3 would crash without a message. */
export function assertNodeSupported(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 14)) return;
  throw new DatabaseOpenError(
    `Node ${version} is too old for better-sqlite3: use Node 22.14 or newer, or Bun`,
  );
}
