import { renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";

import { copyDatabase, syncToDisk } from "./copy.ts";
import type { Writer } from "./driver.ts";
import { MigrationError } from "./errors.ts";
import { migrate, newestVersion, schemaVersion } from "./migrate.ts";

/**
 * Brings the database at `path` to the newest version. One of an older version is copied first, to
 * `<path>.v<version>-<date>.bak`; returns the path of that snapshot, or undefined when none was needed.
 * Throws MigrationError, with the database unchanged and no snapshot left, when it cannot be kept or migrated.
 */
export function upgrade(writer: Writer, path: string, migrations: string): string | undefined {
  const from = schemaVersion(writer);
  if (from === 0 || from >= newestVersion(migrations)) {
    migrate(writer, migrations);
    return undefined;
  }
  const snapshot = `${path}.v${from}-${stampOf(new Date())}.bak`;
  keepSnapshot(writer, snapshot);
  try {
    migrate(writer, migrations);
  } catch (error) {
    // Nothing changed. A start that is tried again and again must not fill the disk.
    rmSync(snapshot, { force: true });
    throw error;
  }
  return snapshot;
}

/** `20261122T220541123Z`: a moment as a part of a file name. */
export function stampOf(date: Date): string {
  return date.toISOString().replace(/[-:.]/g, "");
}

function keepSnapshot(writer: Writer, path: string): void {
  const unfinished = `${path}.unfinished`;
  try {
    copyDatabase(writer, unfinished);
    renameSync(unfinished, path);
    syncToDisk(dirname(path));
  } catch (cause) {
    rmSync(unfinished, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MigrationError(
      `no snapshot could be kept before the upgrade, the database is unchanged: ${why}`,
      {
        cause,
      },
    );
  }
}
