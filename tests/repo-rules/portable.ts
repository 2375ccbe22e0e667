import { importsOf } from "./imports.ts";
import { isTest, matchesInCode, violation, type Rule } from "./rule.ts";

const onlyOnBun = [
  /^services\/runtime\/http\/listen\.ts$/,
  /^services\/runtime\/process\/supervisor\//,
  /^services\/[^/]+\/main\.ts$/,
  /^services\/market\.ts$/,
  /^cli\//,
  /^scripts\//,
  /^db\/sqlite\/bun-driver\.ts$/,
  /^client\/build\.ts$/,
];

/** Node 22 has neither of these fields; `import.meta.dirname` and `.url` are everywhere. */
const bunApi = /\bBun\b(?=\s*[.[(])|\bimport\.meta\.(?:main|dir|path|file|require|resolveSync)\b/g;

const advice =
  "only listeners, the supervisor, commands and the Bun driver use Bun's API: the engine runs on Node too (Clock, node:*)";

const mayUseBun = (path: string): boolean => isTest(path) || onlyOnBun.some((place) => place.test(path));

/** `import type` leaves nothing at run time. */
export const engineIsPortable: Rule = (files) => [
  ...matchesInCode(files, bunApi, advice, (path) => !mayUseBun(path)),
  ...files
    .filter(({ path }) => /\.tsx?$/.test(path) && !mayUseBun(path))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ specifier, typeOnly }) => /^bun(:|$)/.test(specifier) && !typeOnly)
        .map(({ line, specifier }) => violation(file.path, line, `imports ${specifier}: ${advice}`)),
    ),
];
