import { isTest, matchesInCode, scanned, violationAt, type Rule } from "./rule.ts";

const mayReadEnv = (path: string): boolean => path === "services/runtime/process/env.ts" || isTest(path);

export const environmentInOnePlace: Rule = (files) =>
  matchesInCode(
    files,
    /\b(?:process|Bun|import\.meta)\.env\b/g,
    "the environment is read once, in services/runtime/process/env.ts; take the value from the config",
    (path) => !mayReadEnv(path),
  );

export const noDefaultExports: Rule = (files) =>
  matchesInCode(
    files,
    /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/g,
    "no default exports; export it by its name",
    (path) => !path.endsWith(".config.ts"),
  );

export const noTypeCheckSuppression: Rule = (files) =>
  scanned(files).flatMap(({ file, source }) =>
    source.comments
      .filter(({ value }) => /@ts-(?:ignore|nocheck)\b/.test(value))
      .map(({ start }) =>
        violationAt(file, start, "mend the type; where a test needs an error, @ts-expect-error"),
      ),
  );

export const lintExceptionsSayWhy: Rule = (files) =>
  scanned(files).flatMap(({ file, source }) =>
    source.comments
      .filter(({ value }) => /^\/[/*]\s*(?:ox|es)lint-disable/.test(value) && !/--\s*\S/.test(value))
      .map(({ start }) => violationAt(file, start, "say why, behind the rule's name: `-- the reason`")),
  );

export const noAnyWithoutReason: Rule = (files) =>
  scanned(files).flatMap(({ file, source }) => {
    const lines = file.text.split("\n");
    const excused = (line: string | undefined) =>
      /(?:ox|es)lint-disable-(?:next-)?line\b.*--\s*\S/.test(line ?? "");
    return [...source.code.matchAll(/(?<![.\w$])any\b(?!\s*[(:?\w])/g)]
      .filter(({ index }) => {
        const lineIndex = file.text.slice(0, index).split("\n").length - 1;
        return !excused(lines[lineIndex]) && !excused(lines[lineIndex - 1]);
      })
      .map(({ index }) =>
        violationAt(file, index, "no `any`; take `unknown` and narrow it, or name the type"),
      );
  });
