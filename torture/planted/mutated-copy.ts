import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { atExit } from "../../testing/at-exit.ts";

const root = join(import.meta.dir, "../..");

/** One change of the text of a file: what is there, exactly once, and what is put in its place. */
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
 * The services as they are but for these edits, in a folder of their own: production code knows nothing of it.
 * Throws when an edit does not match exactly once: the code has changed, and the planted bug must follow it.
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
  const parts = readFileSync(path, "utf8").split(find);
  if (parts.length !== 2)
    throw new Error(`a planted bug must match ${file} once, and matches ${parts.length - 1} times: ${find}`);
  writeFileSync(path, parts.join(replace));
}
