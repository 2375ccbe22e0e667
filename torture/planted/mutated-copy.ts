import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { atExit } from "../../testing/at-exit.ts";

const root = join(import.meta.dir, "../..");

/** One replacement in the text of a file. `find` must stand in it exactly once. */
export interface Edit {
  file: string;
  find: string;
  replace: string;
}

export interface MutatedCopy extends Disposable {
  /** Starts like the repository: `services/catalog/main.ts` and so on. */
  codeDir: string;
}

/**
 * A copy of the services with these edits, in a temporary folder; the repository itself is not touched. Throws when the
 * text of an edit does not stand exactly once in its file: the code has changed, and the planted bug must follow it.
 */
export function mutatedCopy(edits: readonly Edit[]): MutatedCopy {
  const codeDir = mkdtempSync(join(tmpdir(), "bourse-planted-"));
  const copy = atExit(() => rmSync(codeDir, { recursive: true, force: true }));
  try {
    for (const folder of ["services", "db", "books", "cli"])
      cpSync(join(root, folder), join(codeDir, folder), {
        recursive: true,
        filter: (path) => !/\.test\.ts$|fixtures$/.test(path),
      });
    cpSync(join(root, "package.json"), join(codeDir, "package.json"));
    symlinkSync(join(root, "node_modules"), join(codeDir, "node_modules"));
    for (const edit of edits) apply(codeDir, edit);
  } catch (error) {
    copy.leave();
    throw error;
  }
  return { codeDir, [Symbol.dispose]: () => copy.leave() };
}

function apply(codeDir: string, { file, find, replace }: Edit): void {
  const path = join(codeDir, file);
  const text = readFileSync(path, "utf8");
  const matches = matchesOf(find, text);
  if (matches !== 1)
    throw new Error(`a planted bug must match ${file} once, and matches ${matches} times: ${find}`);
  writeFileSync(path, text.split(find).join(replace));
}

/** How often `find` stands in `text`. */
export function matchesOf(find: string, text: string): number {
  return text.split(find).length - 1;
}
