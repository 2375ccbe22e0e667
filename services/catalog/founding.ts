import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { FollowedMarketReader } from "../../db/books/followed-market.ts";
import { isWithoutTables } from "../../db/sqlite/usable.ts";
import { openReader } from "../../db/sqlite/open.ts";
import { StartRefused } from "../runtime/process/start-refused.ts";

/** What shows that a data folder had a catalog. */
const traces: readonly (readonly [pattern: RegExp, meaning: string])[] = [
  [/^\.restoring-/, "a `restore` that was ended left it: run that again"],
  [/^catalog\.db\.replaced-.*Z$/, "a `restore` kept this catalog"],
  [/^catalog\.db\.v\d+-.*\.bak$/, "an upgrade kept this catalog"],
];

/**
 * To be called before a new market is opened in a data folder. Throws StartRefused when the folder had a market whose
 * catalog is missing or empty: a new one would replace it without a word.
 */
export function assertNoLostMarket(dataDir: string): void {
  const names = readdirSync(dataDir).toSorted();
  for (const [pattern, meaning] of traces) {
    const found = names.find((name) => pattern.test(name));
    if (found !== undefined) throw lost(dataDir, `${join(dataDir, found)} is there: ${meaning}`);
  }
  // A database that is open has a WAL of its own.
  const wal = join(dataDir, "catalog.db-wal");
  if (sizeOf(join(dataDir, "catalog.db")) === 0 && sizeOf(wal) > 0)
    throw lost(dataDir, `${wal} is there: it holds the last orders of the catalog.db that is missing`);
  const ledger = join(dataDir, "order.db");
  if (existsSync(ledger) && followsMarket(ledger))
    throw lost(dataDir, `${ledger} is the ledger of a market: put its catalog.db back, or restore a backup`);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function lost(dataDir: string, what: string): StartRefused {
  return new StartRefused(
    `no new market is opened in ${dataDir}, because its catalog.db is missing or empty and ${what}. For a new market, use an empty data folder`,
  );
}

/**
 * A ledger that cannot be read counts as one of a market, but not one with a rollback journal: SQLite keeps one only while it
 * makes a database, before the first row. A power cut at that moment leaves it, and only the order service may roll back.
 */
function followsMarket(path: string): boolean {
  if (existsSync(`${path}-journal`)) return false;
  try {
    const db = openReader(path);
    try {
      return isWithoutTables(db) ? false : new FollowedMarketReader(db).market() !== undefined;
    } finally {
      db.close();
    }
  } catch {
    return true;
  }
}
