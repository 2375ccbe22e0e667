import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import { acquireLock, type Lock } from "../../db/sqlite/lock.ts";
import { giveToOwnerOf } from "../../db/sqlite/private-file.ts";

/** What `mkdtemp` adds to the prefix. */
const suffixLength = 6;
const lockName = "in-use.lock";
/** A folder that is younger may be one of a process that has not taken its lock yet. */
const youngMs = 60_000;

/**
 * A new folder for unfinished files, in `parent` so that they are on the same disk as their final path. It is removed at
 * the end of its `using` block, and when the process exits before that. Those of the same prefix whose process was killed
 * are removed first: a process holds a lock in its folder.
 */
export function workFolder(parent: string, prefix: string): Disposable & { path: string } {
  removeAbandoned(parent, prefix);
  const path = mkdtempSync(join(parent, prefix));
  giveToOwnerOf(parent, path);
  let lock: Lock | undefined;
  const remove = (): void => {
    lock?.release();
    rmSync(path, { recursive: true, force: true });
  };
  try {
    lock = acquireLock(join(path, lockName));
  } catch (error) {
    remove();
    throw error;
  }
  process.on("exit", remove);
  return {
    path,
    [Symbol.dispose]() {
      process.off("exit", remove);
      remove();
    },
  };
}

function removeAbandoned(parent: string, prefix: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(prefix) || name.length !== prefix.length + suffixLength) continue;
    const path = join(parent, name);
    if (isAbandoned(path)) rmSync(path, { recursive: true, force: true });
  }
}

function isAbandoned(path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  if (!there?.isDirectory()) return false;
  if (!existsSync(join(path, lockName))) return Date.now() - there.mtimeMs > youngMs;
  const lock = acquireLock(join(path, lockName));
  lock?.release();
  return lock !== undefined;
}
