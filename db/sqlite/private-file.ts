import { chownSync, statSync } from "node:fs";

/** Of a file with idempotency keys in it: its owner reads and writes it, nobody else. */
export const privateFileMode = 0o600;

/**
 * Runs `work`; files that it makes have mode 600, folders 700. On a main thread only. SQLite gives a WAL the mode of its
 * database.
 */
export function withPrivateFiles<T>(work: () => T): T {
  const before = process.umask(0o077);
  try {
    return work();
  } finally {
    process.umask(before);
  }
}

/** When this process is root, makes the owner of `like` the owner of `path`, so that the services can use it. */
export function giveToOwnerOf(like: string, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(like);
  chownSync(path, uid, gid);
}
