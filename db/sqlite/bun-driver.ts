import { createRequire } from "node:module";
import type { Statement } from "bun:sqlite";
import type { Connection, Driver, PreparedStatement, Value } from "./driver.ts";

const require = createRequire(import.meta.url);

/** SQLite through bun:sqlite. Loaded on first use, so that Node can import this file. */
export const bunDriver: Driver = { name: "bun:sqlite", open };

function open(path: string, access: "read" | "write"): Connection {
  const { Database } = require("bun:sqlite") as typeof import("bun:sqlite");
  const mode = access === "read" ? { readonly: true } : { readwrite: true, create: true };
  const database = new Database(path, { strict: true, ...mode });
  return {
    // Not query(): statements that its cache evicts are never freed.
    prepare: (sql) => prepared(database.prepare<unknown, Value[]>(sql)),
    exec: (sql) => {
      database.run(sql);
    },
    inTransaction: () => database.inTransaction,
    // A plain close() would leave the file, its locks and its WAL open for as long as a statement exists.
    close: () => {
      database.close(true);
    },
  };
}

function prepared(statement: Statement<unknown, Value[]>): PreparedStatement {
  return {
    returnsRows: statement.reader,
    get: (params) => statement.get(...params),
    all: (params) => statement.all(...params),
    run: (params) => statement.run(...params),
  };
}
