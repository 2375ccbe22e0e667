import { isTest, isTypeScript, scanned, violation, violationAt, type Rule, type SourceFile } from "./rule.ts";
import { lineAt, scan, type Literal, type Scan } from "./scan.ts";

const SQL =
  /^\s*(?:(?:SELECT|INSERT|UPDATE|DELETE|PRAGMA|CREATE|VACUUM|WITH|BEGIN)\s+\S|(?:BEGIN|COMMIT|ROLLBACK|VACUUM)\s*;?\s*$)/;

const inDb = (path: string): boolean => path.startsWith("db/");

/** Every SQL text in code that is no test. */
function sqlIn(
  files: SourceFile[],
  applies: (path: string) => boolean = () => true,
): { file: SourceFile; source: Scan; literal: Literal }[] {
  return scanned(files, (path) => !isTest(path) && applies(path)).flatMap(({ file, source }) =>
    source.literals.filter(({ value }) => SQL.test(value)).map((literal) => ({ file, source, literal })),
  );
}

export const sqlOnlyInDb: Rule = (files) =>
  sqlIn(files, (path) => !inDb(path)).map(({ file, literal }) =>
    violationAt(file, literal.start, "SQL lives in db/; give a reader or writer of db/books a method for it"),
  );

const BOOKS =
  /\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s+(?:market\.)?(?:meta|stocks|stock_states|trades|refusals|changes|ledger)\b/i;

export const sqlOfTheBooksInOneFolder: Rule = (files) =>
  sqlIn(files, (path) => !path.startsWith("db/books/"))
    .filter(({ literal }) => BOOKS.test(literal.value))
    .map(({ file, literal }) =>
      violationAt(
        file,
        literal.start,
        "SQL over the tables of a market lives in db/books; use its readers and writers",
      ),
    );

// A PRAGMA takes no parameters, so that db/ has to write its numbers into the text.
const isPragmaOfDb = (path: string, sql: string): boolean => inDb(path) && /^\s*PRAGMA\s/.test(sql);

/** The names of the constants of db/ that are one literal, such as a list of columns. */
function constantTexts(files: SourceFile[]): Set<string> {
  const declarations = scanned(files, inDb).flatMap(({ source }) => [
    ...source.code.matchAll(/\bconst\s+([A-Z][A-Z_]*)\s*=\s*"\s*";/g),
  ]);
  return new Set(declarations.map(([, name = ""]) => name));
}

export const noInterpolatedSql: Rule = (files) => {
  const constants = constantTexts(files);
  return sqlIn(files)
    .filter(({ file, source, literal: { value, start, end, interpolated } }) => {
      const isConcatenated = /^\s*\+(?!\+)/.test(source.code.slice(end, end + 80));
      const parts = [...file.text.slice(start, end).matchAll(/\$\{([^}]*)\}/g)].map(([, part = ""]) =>
        part.trim(),
      );
      return (
        !isPragmaOfDb(file.path, value) &&
        (isConcatenated || (interpolated && !parts.every((part) => constants.has(part))))
      );
    })
    .map(({ file, literal }) =>
      violationAt(
        file,
        literal.start,
        "SQL is one constant text, or is made of constant texts; bind values as parameters",
      ),
    );
};

export const engineCodesOnlyInDb: Rule = (files) =>
  files
    .filter(({ path }) => isTypeScript(path) && !inDb(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\bSQLITE[_]/g)].map(({ index }) =>
        violation(
          path,
          lineAt(text, index),
          "the engine's error codes are known only in db/; use StoreFailure's kinds",
        ),
      ),
    );

/** What makes the rows of the trade log, and what compares the chain of a row that it was given. */
const MAY_CHAIN_TRADES = [
  "services/contract/trade.ts",
  "services/contract/make-trade.ts",
  "services/order/rules.ts",
  "books/audit/walk.ts",
  "books/backup/rules.ts",
];

export const tradesAreMadeInOnePlace: Rule = (files) =>
  files
    .filter(({ path }) => isTypeScript(path) && !/\.(test|fixture)\.ts$/.test(path))
    .flatMap((file) => {
      const { code } = scan(file.text);
      const calls = [...code.matchAll(/\btradeChain\b/g)].filter(() => !MAY_CHAIN_TRADES.includes(file.path));
      const rows = [...code.matchAll(/\bchain:\s*tradeChain\b/g)].filter(
        () => file.path !== "services/contract/make-trade.ts",
      );
      return [...new Set([...calls, ...rows].map(({ index }) => lineAt(file.text, index)))].map((line) =>
        violation(file.path, line, "a row of the trade log is made by makeTrade, and nowhere else"),
      );
    });
