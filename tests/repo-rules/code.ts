import { basename, isTest, matchesInCode, scanned, violationAt, type Rule } from "./rule.ts";

/** The linter holds the other two names of the environment, `process.env` and `Bun.env`. */
export const noImportMetaEnv: Rule = (files) =>
  matchesInCode(
    files,
    /\bimport\.meta\.env\b/g,
    "the environment is read once, in services/runtime/process/env.ts; take the value from the config",
    (path) => !isTest(path),
  );

export const filePathsFromUrls: Rule = (files) =>
  matchesInCode(
    files,
    /\bnew URL\([^()]*\bimport\.meta\.url\s*,?\s*\)\s*\.pathname\b/g,
    "the path of a URL is percent-encoded, and has a slash too many on Windows; use fileURLToPath(url)",
  );

const SQL =
  /^\s*(?:(?:SELECT|INSERT|UPDATE|DELETE|PRAGMA|CREATE|VACUUM|WITH|BEGIN)\s+\S|(?:BEGIN|COMMIT|ROLLBACK|VACUUM)\s*;?\s*$)/;

export const sqlOnlyInStores: Rule = (files) =>
  scanned(files, (path) => basename(path) !== "store.ts" && !path.startsWith("db/") && !isTest(path)).flatMap(
    ({ file, source }) =>
      source.literals
        .filter(({ value }) => SQL.test(value))
        .map(({ start }) =>
          violationAt(file, start, "SQL lives in store.ts and db/; give the store a method for it"),
        ),
  );

// A PRAGMA takes no parameters, so that db/ has to write its numbers into the text.
const isPragmaOfDb = (path: string, sql: string) => path.startsWith("db/") && /^\s*PRAGMA\s/.test(sql);

export const noInterpolatedSql: Rule = (files) =>
  scanned(files, (path) => !isTest(path)).flatMap(({ file, source }) =>
    source.literals
      .filter(
        ({ value, interpolated, end }) =>
          SQL.test(value) &&
          !isPragmaOfDb(file.path, value) &&
          (interpolated || /^\s*\+(?!\+)/.test(source.code.slice(end, end + 80))),
      )
      .map(({ start }) =>
        violationAt(file, start, "SQL is one constant text; bind values as parameters ($name)"),
      ),
  );

export const lintExceptionsSayWhy: Rule = (files) =>
  scanned(files).flatMap(({ file, source }) =>
    source.comments
      .filter(({ value }) => /^\/[/*]\s*(?:ox|es)lint-disable/.test(value) && !/--\s*\S/.test(value))
      .map(({ start }) => violationAt(file, start, "say why, behind the rule's name: `-- the reason`")),
  );
