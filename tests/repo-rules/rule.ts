import { lineAt, scan, type Scan } from "./scan.ts";

/** A file of the repository: its path from the root with forward slashes, and its text. */
export interface SourceFile {
  path: string;
  text: string;
}

/** A pure function over the whole tree; each violation reads `path:line: what is wrong; what to do instead`. */
export type Rule = (files: SourceFile[]) => string[];

/** One violation, in the form an editor can jump to. */
export function violation(path: string, line: number, advice: string): string {
  return `${path}:${line}: ${advice}`;
}

export function violationAt(file: SourceFile, offset: number, advice: string): string {
  return violation(file.path, lineAt(file.text, offset), advice);
}

export const isTypeScript = (path: string): boolean => /\.tsx?$/.test(path);

/**
 * Tests, and what only tests and measurements use (`*.fixture.ts` beside the code): free to import, to write SQL and
 * to read the environment.
 */
export const isTest = (path: string): boolean =>
  /\.(test|node|fixture)\.ts$/.test(path) || /^(tests|testing|torture|bench)\//.test(path);

export function basename(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

const NO_SERVICES = ["contract", "runtime"];

/** The services by their folder: everything under services/ but the two layers below them. */
export function serviceOf(path: string): string | undefined {
  const name = /^services\/([^/]+)\//.exec(path)?.[1];
  return name !== undefined && NO_SERVICES.includes(name) ? undefined : name;
}

/** Every TypeScript file that `applies`, taken apart. */
export function scanned(
  files: SourceFile[],
  applies: (path: string) => boolean = () => true,
): { file: SourceFile; source: Scan }[] {
  return files
    .filter(({ path }) => isTypeScript(path) && applies(path))
    .map((file) => ({ file, source: scan(file.text) }));
}

/** Every place in the code (not in its comments or strings) that matches a global pattern. */
export function matchesInCode(
  files: SourceFile[],
  pattern: RegExp,
  advice: string,
  applies: (path: string) => boolean = () => true,
): string[] {
  return scanned(files, applies).flatMap(({ file, source }) =>
    [...source.code.matchAll(pattern)].map((found) => violationAt(file, found.index, advice)),
  );
}
