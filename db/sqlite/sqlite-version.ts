import type { Reader } from "./driver.ts";

/** The version of the SQLite library behind a connection, such as '3.54.1'. */
export function sqliteVersion(reader: Reader): string {
  const row = reader.prepare<{ version: string }>("SELECT sqlite_version() AS version").get();
  if (row === undefined) throw new Error("SQLite returned no version");
  return row.version;
}

/**
 * One line to log at start if this version of SQLite can corrupt a database in WAL mode
 * (https://sqlite.org/wal.html#walresetbug), saying what to do; undefined if it is sound.
 */
export function sqliteVersionWarning(
  version: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (hasWalResetFix(version)) return undefined;
  return `SQLite ${version} can corrupt a database in WAL mode (fixed in 3.51.3): ${REMEDY[platform] ?? UPGRADE}`;
}

const UPGRADE = "upgrade Bun, which brings its own SQLite (or better-sqlite3, under Node)";

// On macOS Bun loads the system's library; elsewhere its own is linked in and setCustomSQLite does nothing.
const REMEDY: Partial<Record<NodeJS.Platform, string>> = {
  darwin:
    'run "brew install sqlite" and list, under "preload" in bunfig.toml, a file that calls ' +
    'Database.setCustomSQLite("/opt/homebrew/opt/sqlite/lib/libsqlite3.dylib") from bun:sqlite ' +
    "(/usr/local/opt on Intel)",
};

// 3.51.3 and later have it; it was also carried back to 3.50.7 and 3.44.6.
function hasWalResetFix(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (major !== 3) return major > 3;
  if (minor === 44) return patch >= 6;
  if (minor === 50) return patch >= 7;
  if (minor === 51) return patch >= 3;
  return minor > 51;
}
