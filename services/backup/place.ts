import { existsSync, linkSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import { syncToDisk } from "../../db/copy.ts";
import { sqliteCode } from "../../db/errors.ts";
import { stampOf } from "../../db/upgrade.ts";
import { settle } from "./store.ts";

/**
 * Puts finished databases into a data folder whose locks are held, the catalog first: a folder that has lost its
 * power in between holds a catalog beside an older or newer ledger, which the services tell apart, and never a ledger
 * alone, beside which a new market would open. What was there is kept under a dated name; returns those names.
 */
export function place(staging: string, dataDir: string, names: readonly string[]): string[] {
  const stamp = stampOf(new Date());
  for (const name of names) syncToDisk(join(staging, name));
  const kept = names.flatMap((name) => {
    const path = join(dataDir, name);
    const aside = `${path}.replaced-${stamp}`;
    const replaced = setAside(path, aside);
    renameSync(join(staging, name), path);
    syncToDisk(dataDir);
    return replaced ? [aside] : [];
  });
  return kept;
}

/**
 * Gives the old file a second name and clears its WAL away, which SQLite would otherwise replay into the new one. The
 * file itself stays in its place until the rename: there is always a whole database under its name.
 */
function setAside(path: string, aside: string): boolean {
  const wasThere = existsSync(path);
  if (wasThere) {
    settleIfSound(path);
    linkSync(path, aside);
  }
  // What a damaged database leaves in its WAL stays with it.
  if (sizeOf(`${path}-wal`) > 0) renameSync(`${path}-wal`, `${aside}-wal`);
  for (const suffix of ["-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
  return wasThere;
}

/** A damaged database is often the reason for a restoration: it is set aside as it is. */
function settleIfSound(path: string): void {
  try {
    settle(path);
  } catch (error) {
    if (!["SQLITE_CORRUPT", "SQLITE_NOTADB"].includes(sqliteCode(error) ?? "")) throw error;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
