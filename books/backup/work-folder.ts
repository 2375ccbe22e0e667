import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * A new folder for what is not finished yet, on the disk where it will belong. It is gone when its `using` block ends,
 * and also when the process exits before.
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
