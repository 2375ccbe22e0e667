import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * A new folder for unfinished files, in `parent` so that they are on the same disk as their final path. It is removed at
 * the end of its `using` block, and when the process exits before that.
 */
export function workFolder(parent: string, prefix: string): Disposable & { path: string } {
  const path = mkdtempSync(join(parent, prefix));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.on("exit", remove);
  return {
    path,
    [Symbol.dispose]() {
      process.off("exit", remove);
      remove();
    },
  };
}
