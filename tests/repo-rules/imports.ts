import { posix } from "node:path";
import {
  basename,
  isTest,
  isTypeScript,
  matchesInCode,
  serviceOf,
  violation,
  type Rule,
  type SourceFile,
} from "./rule.ts";
import { lineAt, scan } from "./scan.ts";

export interface Import {
  /** As written: `./store.ts`, `elysia`. */
  specifier: string;
  /** The path from the root for a relative import, else undefined. */
  target: string | undefined;
  /** `import type …`, which leaves nothing at run time. */
  typeOnly: boolean;
  /** The text between `import` and `from`; empty for `import("…")`. */
  clause: string;
  line: number;
}

// The quotes in blanked code are empty but in place, so that the specifier is looked up by its offset.
const STATIC = /\b(?:import|export)\b(\s+type\b)?([\w$\s{},*]*?)\bfrom\s*(?=["'])|\bimport\s*(?=["'])/g;
const DYNAMIC = /\bimport\s*\(\s*(?=["'`])/g;

/** All imports and re-exports of a file, static and dynamic. */
export function importsOf(file: SourceFile): Import[] {
  const { code, literals } = scan(file.text);
  const specifiers = new Map(literals.map(({ start, value }) => [start, value]));
  return [...code.matchAll(STATIC), ...code.matchAll(DYNAMIC)].flatMap((found) => {
    const specifier = specifiers.get(found.index + found[0].length);
    if (specifier === undefined) return [];
    const target = specifier.startsWith(".")
      ? posix.join(posix.dirname(file.path), specifier.replace(/\?.*$/, ""))
      : undefined;
    return {
      specifier,
      target,
      typeOnly: found[1] !== undefined,
      clause: found[2]?.trim() ?? "",
      line: lineAt(file.text, found.index),
    };
  });
}

interface Layer {
  owns: (path: string) => boolean;
  /** Whether a file of this layer may import that path. */
  may: (target: string, typeOnly: boolean, from: string) => boolean;
  advice: string;
}

const inside =
  (...folders: string[]) =>
  (path: string): boolean =>
    folders.some((folder) => path.startsWith(folder));

const isContract = inside("services/contract/");
const isRuntime = inside("services/contract/", "services/runtime/");
const isAudit = inside("books/audit/");
const isBackup = inside("books/backup/");
const isServiceBase = inside("services/contract/", "services/runtime/", "db/");

const isAppOfService = (path: string): boolean =>
  serviceOf(path) !== undefined && basename(path) === "app.ts";

/** The arrows, lowest layer first; the first layer that owns a file decides. */
const LAYERS: Layer[] = [
  {
    owns: isContract,
    may: isContract,
    advice: "the contract imports nothing of ours; move this up, to services/runtime or the service",
  },
  {
    owns: isRuntime,
    may: isRuntime,
    advice: "services/runtime imports only services/contract; pass this in as a parameter from the service",
  },
  {
    owns: inside("db/books/"),
    may: (target) => isContract(target) || inside("db/")(target),
    advice: "db/books imports only services/contract and db/",
  },
  {
    owns: inside("db/"),
    may: inside("db/"),
    advice: "db/ imports nothing of ours but in db/books; pass this in as a parameter",
  },
  {
    owns: isAudit,
    may: (target, typeOnly) =>
      isServiceBase(target) || isAudit(target) || (typeOnly && isAppOfService(target)),
    advice: "books/audit imports contract, runtime, db and `import type` from a service's app.ts",
  },
  {
    owns: isBackup,
    may: (target) => isServiceBase(target) || isAudit(target) || isBackup(target),
    advice: "books/backup imports contract, runtime, audit and db; it works on files, not on services",
  },
  {
    owns: (path) => serviceOf(path) !== undefined,
    may: (target, typeOnly, from) =>
      isServiceBase(target) ||
      serviceOf(target) === serviceOf(from) ||
      (serviceOf(from) === "frontend" && isAudit(target)) ||
      (typeOnly && isAppOfService(target)),
    advice:
      "a service imports contract, runtime, db and its own folder; of another service only `import type` from its app.ts",
  },
  {
    owns: inside("client/sdk/"),
    may: (target, typeOnly) =>
      target.startsWith("client/sdk/") ||
      (typeOnly && (isContract(target) || target === "services/frontend/app.ts")),
    advice:
      "the SDK stands alone; only `import type` from services/contract or services/frontend/app.ts leaves nothing behind",
  },
  {
    owns: inside("client/"),
    may: inside("client/"),
    advice: "client/ imports only client/; ask the services over HTTP through the SDK",
  },
];

export const importArrows: Rule = (files) =>
  files
    .filter(({ path }) => isTypeScript(path) && !isTest(path))
    .flatMap((file) => {
      const layer = LAYERS.find(({ owns }) => owns(file.path));
      if (layer === undefined) return [];
      return importsOf(file)
        .filter(({ target, typeOnly }) => target !== undefined && !layer.may(target, typeOnly, file.path))
        .map(({ line, specifier }) => violation(file.path, line, `imports ${specifier}: ${layer.advice}`));
    });

const mayImportCommands = (path: string): boolean =>
  inside("cli/", "torture/", "bench/")(path) || path.endsWith(".test.ts");

export const commandsAreOnTop: Rule = (files) =>
  files
    .filter(({ path }) => isTypeScript(path) && !mayImportCommands(path))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => target?.startsWith("cli/"))
        .map(({ line, specifier }) =>
          violation(file.path, line, `imports ${specifier}: cli/ imports the others, and none of them cli/`),
        ),
    );

const RE_EXPORT = /\bexport\b(\s+type\b)?\s*(\*|\{[\w$\s,]*\})[\w$\s]*?\bfrom\s*["']/g;

/** The files that a package is packed from: it has one entrance, which may gather the names of its callers. */
function packageEntrances(files: SourceFile[]): string[] {
  return files
    .filter(({ path }) => basename(path) === "package.json")
    .flatMap(({ path, text }) => {
      const { scripts } = JSON.parse(text) as { scripts?: Record<string, string> };
      const sources = scripts?.["prepack"]?.match(/\S+\.ts\b/g) ?? [];
      return sources.map((source) => posix.join(posix.dirname(path), source));
    });
}

export const noBarrels: Rule = (files) => {
  const entrances = packageEntrances(files);
  return matchesInCode(
    files,
    RE_EXPORT,
    "no re-exports; import from the file that defines the name",
    (path) => !entrances.includes(path),
  );
};
