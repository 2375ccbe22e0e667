import { expect, test } from "bun:test";

import { StoreFailure } from "../store-failure.ts";
import { asWriter } from "./connection.ts";
import type { Connection } from "./driver.ts";
import { withStoreFailures } from "./failures.ts";

/** A connection whose statements all succeed, except for those that have an error of this code. */
function connectionWith(codes: Record<string, string>): { connection: Connection; executed: string[] } {
  const executed: string[] = [];
  let isOpen = false;
  const statement = {
    returnsRows: true,
    get: () => ({ busy: 0 }),
    all: () => [],
    run: () => ({ changes: 0 }),
  };
  const connection: Connection = {
    prepare: () => statement,
    exec(sql) {
      executed.push(sql);
      const code = codes[sql];
      if (code !== undefined) throw Object.assign(new Error(`${sql} failed`), { code });
      isOpen = sql.startsWith("BEGIN");
    },
    inTransaction: () => isOpen,
    close: () => undefined,
  };
  return { connection: withStoreFailures(connection), executed };
}

test.each([
  ["SQLITE_FULL", "full"],
  ["SQLITE_BUSY", "busy"],
  ["SQLITE_CONSTRAINT_FOREIGNKEY", "constraint"],
  ["SQLITE_IOERR_FSYNC", "in_doubt"],
  ["SQLITE_CORRUPT", "in_doubt"],
])("a COMMIT that fails with %s is %s, and is rolled back", (code, kind) => {
  const { connection, executed } = connectionWith({ COMMIT: code });
  const failure = failureOf(() => asWriter(connection).immediate(() => 1));
  expect(failure).toMatchObject({ kind, message: "COMMIT failed: COMMIT failed" });
  expect(executed).toEqual(["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"]);
});

test("a BEGIN that finds the database locked is busy, and does no work", () => {
  const { connection, executed } = connectionWith({ "BEGIN IMMEDIATE": "SQLITE_BUSY" });
  const failure = failureOf(() => asWriter(connection).immediate(() => expect.unreachable()));
  expect(failure).toMatchObject({ kind: "busy" });
  expect(executed).toEqual(["BEGIN IMMEDIATE"]);
});

test("a failed ROLLBACK is in doubt, whatever the work threw: the transaction stays open", () => {
  const { connection } = connectionWith({ ROLLBACK: "SQLITE_IOERR_READ" });
  const reason = new TypeError("from the work");
  const work = (): void => {
    throw reason;
  };
  const failure = failureOf(() => asWriter(connection).immediate(work));
  expect(failure).toMatchObject({ kind: "in_doubt", message: "ROLLBACK failed too" });
  expect((failure.cause as AggregateError).errors[0]).toBe(reason);
});

function failureOf(action: () => unknown): StoreFailure {
  try {
    action();
  } catch (error) {
    if (error instanceof StoreFailure) return error;
    throw error;
  }
  return expect.unreachable();
}
