import { isTest, matchesInCode, scanned, violationAt, type Rule } from "./rule.ts";

/** The linter checks the other two names of the environment, `process.env` and `Bun.env`. */
export const noImportMetaEnv: Rule = (files) =>
  matchesInCode(
    files,
    /\bimport\.meta\.env\b/g,
    "the environment is read once, in services/runtime/process/env.ts; take the value from the config",
    (path) => !isTest(path),
  );

export const callsAvoidProxies: Rule = (files) =>
  matchesInCode(
    files,
    /(?<![.\w#])fetch\((?!\w+: )/g,
    "fetch sends even calls of 127.0.0.1 through a proxy of the environment; use directFetch",
    (path) =>
      /^(?:services|books|cli)\//.test(path) &&
      !isTest(path) &&
      path !== "services/runtime/http/direct-fetch.ts",
  );

export const filePathsFromUrls: Rule = (files) =>
  matchesInCode(
    files,
    /\bnew URL\([^()]*\bimport\.meta\.url\s*,?\s*\)\s*\.pathname\b/g,
    "the path of a URL is percent-encoded, and has a slash too many on Windows; use fileURLToPath(url)",
  );

export const lintExceptionsSayWhy: Rule = (files) =>
  scanned(files).flatMap(({ file, source }) =>
    source.comments
      .filter(({ value }) => /^\/[/*]\s*(?:ox|es)lint-disable/.test(value) && !/--\s*\S/.test(value))
      .map(({ start }) => violationAt(file, start, "say why, behind the rule's name: `-- the reason`")),
  );
