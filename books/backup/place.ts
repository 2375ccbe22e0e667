import { existsSync, linkSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";

import { syncToDisk } from "../../db/sqlite/copy.ts";
import { stampOf } from "../../db/sqlite/upgrade.ts";
import { storeFailureIn } from "../../db/store-failure.ts";
import { files, placeOf, type Staging } from "./data-folder.ts";
import { settle } from "./store.ts";

/**
 * Puts finished databases into a data folder whose locks are held, the catalog first: a folder that has lost its
 * power in between holds a catalog beside an older or newer ledger, which the services tell apart, and never a ledger
 * alone, beside which a new market would open. What was there is kept under a dated name; returns those names.
 */
export function place({ at }: Staging, dataDir: string): string[] {
  const stamp = stampOf(new Date());
  for (const name of files) syncToDisk(at[name]);
  return files.flatMap((name) => {
    const path = placeOf(dataDir, name);
    const aside = `${path}.replaced-${stamp}`;
    const replaced = setAside(path, aside);
    renameSync(at[name], path);
    syncToDisk(dirname(path));
    return replaced ? [aside] : [];
  });
}

/**
 * Gives the old file a second name and clears its WAL away, which SQLite would otherwise replay into the new one. The
 * file itself stays in its place until the rename: there is always a whole database under its name.
 */
function setAside(path: string, aside: string): boolean {
  const wasThere = existsSync(path);
  // SQLite may delete the WAL of a database that it cannot read: what is in it stays beside the old file.
  if (existsSync(`${path}-wal`)) linkSync(`${path}-wal`, `${aside}-wal`);
  if (wasThere) settleIfSound(path);
  if (statSync(`${aside}-wal`, { throwIfNoEntry: false })?.size === 0) rmSync(`${aside}-wal`);
  for (const suffix of ["-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
  // Last: to use a database by two names would ruin it.
  if (wasThere) linkSync(path, aside);
  return wasThere;
}

/** A damaged database is often the reason for a restoration: it is set aside as it is. */
function settleIfSound(path: string): void {
  try {
    settle(path);
  } catch (error) {
    if (storeFailureIn(error)?.kind !== "damaged") throw error;
  }
}
