import { expect, test } from "bun:test";

import { StoreFailure, type StoreFailureKind } from "../store-failure.ts";
import { asStoreFailure, commitFailure } from "./failures.ts";

function withCode(code: unknown): Error {
  return Object.assign(new Error("from SQLite"), { code });
}

const kinds: [code: string, statement: StoreFailureKind, commit: StoreFailureKind][] = [
  ["SQLITE_FULL", "full", "full"],
  ["SQLITE_BUSY", "busy", "busy"],
  ["SQLITE_BUSY_SNAPSHOT", "busy", "busy"],
  ["SQLITE_CONSTRAINT_PRIMARYKEY", "constraint", "constraint"],
  ["SQLITE_MISMATCH", "constraint", "constraint"],
  ["SQLITE_TOOBIG", "constraint", "constraint"],
  ["SQLITE_NOTADB", "damaged", "in_doubt"],
  ["SQLITE_CORRUPT_INDEX", "damaged", "in_doubt"],
  ["SQLITE_IOERR_FSYNC", "in_doubt", "in_doubt"],
  ["SQLITE_ERROR", "in_doubt", "in_doubt"],
];

test.each(kinds)("%s is %s in a statement, and %s at COMMIT", (code, statement, commit) => {
  const cause = withCode(code);
  const failure = asStoreFailure(cause);
  expect(failure).toBeInstanceOf(StoreFailure);
  expect(failure).toMatchObject({ kind: statement, message: "from SQLite", cause });
  expect(commitFailure(failure)).toMatchObject({
    kind: commit,
    message: "COMMIT failed: from SQLite",
    cause: failure,
  });
});

test.each<[what: string, error: unknown]>([
  ["an operating system error", withCode("ENOSPC")],
  ["a code that is a number", withCode(13)],
  ["a message alone", new Error("SQLITE_FULL")],
  ["an object that is no error", { code: "SQLITE_FULL" }],
])("%s is not SQLite's: it stays as it is, and leaves a COMMIT in doubt", (_what, error) => {
  expect(asStoreFailure(error)).toBe(error);
  expect(commitFailure(error)).toMatchObject({ kind: "in_doubt" });
});
