import { chmodSync, existsSync, linkSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";

import { syncToDisk } from "../../db/sqlite/copy.ts";
import { giveToOwnerOf, privateFileMode } from "../../db/sqlite/private-file.ts";
import { stampOf } from "../../db/sqlite/upgrade.ts";
import { storeFailureIn } from "../../db/store-failure.ts";
import { files, realPathOf, type Staging } from "./data-folder.ts";
import { checkpointFile } from "./store.ts";

/**
 * Moves finished databases into a data folder whose locks are held, the catalog first. After a power cut between the
 * two the folder holds the new catalog and an older or newer ledger, which the services detect; it never holds a
 * ledger alone: then the catalog would open a new market in the same folder. Returns the dated names under which the
 * old files are kept.
 */
export function install({ at }: Staging, dataDir: string): string[] {
  const stamp = stampOf(new Date());
  for (const name of files) syncToDisk(at[name]);
  return files.flatMap((name) => {
    const path = realPathOf(dataDir, name);
    const aside = `${path}.replaced-${stamp}`;
    const replaced = setAside(path, aside);
    takeOver(at[name], replaced ? aside : undefined, dirname(path));
    renameSync(at[name], path);
    syncToDisk(dirname(path));
    return replaced ? [aside] : [];
  });
}

/** The new file has owner and mode of the old one. Without one it is for the folder's owner only. */
function takeOver(path: string, old: string | undefined, folder: string): void {
  chmodSync(path, old === undefined ? privateFileMode : statSync(old).mode & 0o777);
  giveToOwnerOf(old ?? folder, path);
}

/**
 * Gives the old file a second name and removes its WAL, which SQLite would otherwise replay into the new file. The old
 * file also keeps its first name until the rename: there is always a complete database under that name.
 */
function setAside(path: string, aside: string): boolean {
  const wasThere = existsSync(path);
  // SQLite may delete the WAL of a database that it cannot read: a second name keeps it beside the old file.
  if (existsSync(`${path}-wal`)) linkSync(`${path}-wal`, `${aside}-wal`);
  if (wasThere) checkpointIfReadable(path);
  if (statSync(`${aside}-wal`, { throwIfNoEntry: false })?.size === 0) rmSync(`${aside}-wal`);
  for (const suffix of ["-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
  // Last: SQLite must not open a database that has two names.
  if (wasThere) linkSync(path, aside);
  return wasThere;
}

/** A damaged database is often the reason for a restoration: it is kept as it is. */
function checkpointIfReadable(path: string): void {
  try {
    checkpointFile(path);
  } catch (error) {
    if (storeFailureIn(error)?.kind !== "damaged") throw error;
  }
}
