import type { BackupProgress } from "./progress.ts";
import { BackupRefused } from "./refused.ts";
import type { LedgerFile, StagedCatalog, StagedLedger } from "./store.ts";

/** Rows of one transaction. */
const chunkRows = 1_000;

/**
 * Applies to a catalog the trades that only the ledger has. Returns their number. Throws BackupRefused at the first row
 * that does not fit; the rows before it are in the catalog then, which is why this works on a staged copy.
 */
export async function rollForward(
  catalog: StagedCatalog,
  ledger: LedgerFile,
  progress: BackupProgress,
): Promise<number> {
  const [from, to] = [catalog.head(), ledger.head()];
  if (ledger.marketId() !== catalog.market().market_id)
    throw new BackupRefused("the ledger belongs to another market than the catalog");
  if (to.number < from.number) return 0;
  if (ledger.chainAt(from.number) !== from.chain)
    throw new BackupRefused(
      `the catalog cannot be rolled forward: its trade ${from.number} is not the ledger's, the two logs differ`,
    );
  progress.begin("rolling forward", to.number - from.number);
  await inChunks(
    from.number,
    (after, limit) => ledger.rows(after, limit),
    (rows) => {
      catalog.apply(rows);
      progress.add(rows.length);
    },
  );
  return to.number - from.number;
}

/** Appends to a ledger the rows of the trade log that it lacks, as the order service does when it starts. */
export async function completeLedger(
  catalog: StagedCatalog,
  ledger: StagedLedger,
  progress: BackupProgress,
): Promise<void> {
  progress.begin("completing the ledger", catalog.head().number - ledger.length);
  await inChunks(
    ledger.length,
    (after, limit) => catalog.trades(after, limit),
    (rows) => {
      ledger.append(rows);
      progress.add(rows.length);
    },
  );
}

async function inChunks<Row extends { number: number }>(
  after: number,
  read: (after: number, limit: number) => Row[],
  use: (rows: Row[]) => void,
): Promise<void> {
  for (let rows = read(after, chunkRows); rows.length > 0; rows = read(rows.at(-1)?.number ?? 0, chunkRows)) {
    use(rows);
    // SQLite blocks the event loop: between two chunks signals are handled and the progress is shown.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
