import { expect, test } from "bun:test";
import { CommitError, sqliteCode } from "./errors.ts";

function withCode(code: unknown): Error {
  return Object.assign(new Error("from SQLite"), { code });
}

test.each<[kind: string, error: unknown, code: string | undefined]>([
  ["a primary code", withCode("SQLITE_FULL"), "SQLITE_FULL"],
  ["an extended code", withCode("SQLITE_BUSY_SNAPSHOT"), "SQLITE_BUSY"],
  ["a broken primary key", withCode("SQLITE_CONSTRAINT_PRIMARYKEY"), "SQLITE_CONSTRAINT"],
  ["a code of three words", withCode("SQLITE_IOERR_SHORT_READ"), "SQLITE_IOERR"],
  ["a cause", new CommitError(withCode("SQLITE_IOERR_FSYNC")), "SQLITE_IOERR"],
  ["a cause of a cause", new Error("", { cause: new CommitError(withCode("SQLITE_FULL")) }), "SQLITE_FULL"],
  ["an operating system error", withCode("ENOSPC"), undefined],
  ["a code that is a number", withCode(13), undefined],
  ["a mere message", new Error("SQLITE_FULL"), undefined],
  ["no error", { code: "SQLITE_FULL" }, undefined],
  ["nothing", undefined, undefined],
])("the primary code of %s is found", (_kind, error, code) => {
  expect(sqliteCode(error)).toBe(code);
});

test("a CommitError tells and keeps what SQLite said", () => {
  const cause = withCode("SQLITE_FULL");
  const error = new CommitError(cause);
  expect(error.message).toBe("COMMIT failed: from SQLite");
  expect(error.cause).toBe(cause);
  expect(error.name).toBe("CommitError");
});
