import { StoreFailure } from "../store-failure.ts";
import { commitFailure } from "./failures.ts";
import { assertBindable, assertExact } from "./values.ts";
import type { Connection, Reader, Statement, Value, Writer } from "./driver.ts";

/** A Reader over an open connection whose errors are StoreFailures. */
export function asReader(connection: Connection): Reader {
  return {
    access: "read",
    prepare: (sql) => prepare(connection, sql),
    snapshot: (read) => transaction(connection, "BEGIN DEFERRED", read),
    close: () => connection.close(),
  };
}

/** A Writer over an open connection whose errors are StoreFailures. */
export function asWriter(connection: Connection): Writer {
  const checkpoint = connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
  return {
    ...asReader(connection),
    access: "write",
    immediate: (work) => transaction(connection, "BEGIN IMMEDIATE", work),
    checkpoint: () => (checkpoint.get([]) as { busy: number }).busy === 0,
    exec: (sql) => connection.exec(sql),
  };
}

function prepare<Row>(connection: Connection, sql: string): Statement<Row> {
  assertPortable(sql);
  const statement = connection.prepare(sql);
  const assertReturnsRows = (): void => {
    if (!statement.returnsRows) throw new TypeError("this statement returns no rows: use run()");
  };
  return {
    get: (...params: Value[]) => {
      assertReturnsRows();
      assertBindable(params);
      const row = statement.get(params) ?? undefined;
      if (row !== undefined) assertExact(row);
      return row as Row | undefined;
    },
    all: (...params: Value[]) => {
      assertReturnsRows();
      assertBindable(params);
      const rows = statement.all(params);
      rows.forEach(assertExact);
      return rows as Row[];
    },
    run: (...params: Value[]) => {
      assertBindable(params);
      return { changes: statement.run(params).changes };
    },
  };
}

// The libraries treat ?1 and :name differently, and one ignores a second statement without an error.
function assertPortable(sql: string): void {
  const outsideText = sql.replace(/--.*|'[^']*'/g, "");
  if (/\?\d|[:@$][A-Za-z_]/.test(outsideText)) throw new SyntaxError("use plain ? parameters in SQL");
  if (/;\s*\S/.test(outsideText)) throw new SyntaxError("prepare one SQL statement at a time");
}

function transaction<T>(connection: Connection, begin: string, work: () => T): T {
  connection.exec(begin);
  let result: T;
  try {
    result = work();
    assertSynchronous(result);
  } catch (error) {
    rollBack(connection, error);
    throw error;
  }
  try {
    connection.exec("COMMIT");
  } catch (error) {
    rollBack(connection, error);
    throw commitFailure(error);
  }
  return result;
}

// SQLite has already rolled back by itself after a full disk and some I/O errors. When ROLLBACK fails, the transaction
// stays open and nothing may follow it on this connection.
function rollBack(connection: Connection, reason: unknown): void {
  if (!connection.inTransaction()) return;
  try {
    connection.exec("ROLLBACK");
  } catch (error) {
    const cause = new AggregateError([reason, error], "a transaction failed, and so did its ROLLBACK");
    throw new StoreFailure("in_doubt", "ROLLBACK failed too", cause);
  }
}

function assertSynchronous(result: unknown): void {
  if (typeof result !== "object" || result === null || !("then" in result)) return;
  if (typeof result.then === "function")
    throw new TypeError("a transaction cannot be async: it was rolled back");
}
