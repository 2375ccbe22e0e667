import { existsSync, realpathSync, renameSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

import { syncToDisk } from "../../db/sqlite/copy.ts";
import { currentVersion } from "../../db/sqlite/schemas.ts";
import { FileSource } from "../audit/store.ts";
import { originOf } from "../../services/contract/trade.ts";
import { BackupFile, digestOf, isBackup, packBackup } from "./backup-file.ts";
import { copyInThread } from "./copy-thread.ts";
import { files, realPathOf } from "./data-folder.ts";
import { bourseVersion, databases, format, type Manifest } from "./manifest.ts";
import { silent, type BackupProgress } from "./progress.ts";
import { BackupRefused } from "./refused.ts";
import { firstDifference, versionsOf } from "./store.ts";
import { workFolder } from "./work-folder.ts";

export interface BackupOptions {
  dataDir: string;
  file: string;
  /** Replaces an existing file. */
  force: boolean;
  progress?: BackupProgress;
}

/**
 * Backs a market up into one file; its services may be running. Every order that was acknowledged before the call is in
 * it. The file exists complete and checked, or not at all. Throws BackupRefused, the audit's AuditImpossible, and the
 * errors of the file system and of the store.
 */
export async function writeBackup({
  dataDir,
  file,
  force,
  progress = silent,
}: BackupOptions): Promise<Manifest> {
  const path = resolve(file);
  await assertReplaceable(path, dataDir, force);
  for (const name of databases) assertExists(join(dataDir, `${name}.db`));

  // On the same disk as the file, so that one atomic rename finishes the backup.
  using work = workFolder(dirname(path), ".bourse-backup-");
  for (const name of databases) {
    const from = join(dataDir, `${name}.db`);
    progress.begin(`copying ${name}.db`, statSync(from).size);
    await copyInThread(from, join(work.path, `${name}.db`), progress.reach);
  }
  progress.begin("checking the copies", 0);
  const books = await examine(work.path);

  const parts = await partsIn(work.path, progress);
  const created_at = new Date().toISOString();
  const manifest: Manifest = { format, ...books.market, created_at, ...books.rest, parts };
  const unfinished = join(work.path, "backup");
  progress.begin("writing", parts[0].bytes + parts[1].bytes);
  await packBackup(unfinished, manifest, work.path, progress.add);
  await readBack(unfinished, progress);

  await assertReplaceable(path, dataDir, force);
  renameSync(unfinished, path);
  syncToDisk(dirname(path));
  return manifest;
}

/** The names that a data folder's own files have. */
const dataFile = /^(?:catalog|order)\.(?:db|db-wal|db-shm|db-journal|lock)$/;

/** Only a backup is replaced, and only with `force`. No backup takes the name of a file of the market. */
async function assertReplaceable(path: string, dataDir: string, force: boolean): Promise<void> {
  if (!existsSync(dirname(path))) throw new BackupRefused(`there is no folder ${dirname(path)}`);
  const folders = [dataDir, ...files.map((name) => dirname(realPathOf(dataDir, name)))];
  if (dataFile.test(basename(path)) && folders.some((folder) => isSameFolder(folder, dirname(path))))
    throw new BackupRefused(`${path} is the name of a file of the market: give the backup another name`);
  const there = statSync(path, { throwIfNoEntry: false });
  if (!there) return;
  if (!there.isFile()) throw new BackupRefused(`${path} is no file`);
  if (!force) throw new BackupRefused(`${path} is there already: --force replaces it`);
  if (!(await isBackup(path))) throw new BackupRefused(`${path} is no backup: it is not replaced`);
}

function isSameFolder(one: string, other: string): boolean {
  return existsSync(one) && existsSync(other) && realpathSync(one) === realpathSync(other);
}

function assertExists(path: string): void {
  if (!existsSync(path))
    throw new BackupRefused(`there is no market in ${dirname(path)}: ${path} is missing`);
}

/** The two copies: the ledger was copied first, so it may be shorter. */
class Copies extends FileSource {
  override readonly ledgerMayLag = true;
}

type Examined = {
  market: Pick<Manifest, "market_id" | "incarnation">;
  rest: Pick<Manifest, "versions" | "trades" | "changes" | "ledger">;
};

/** Checks that both copies are sound and of one market, the ledger equal to the beginning of the trade log. */
async function examine(folder: string): Promise<Examined> {
  const [order, catalog] = databases.map((name) => {
    const versions = versionsOf(join(folder, `${name}.db`));
    const ours = currentVersion(name);
    if (versions.schema !== ours)
      throw new BackupRefused(
        `${name}.db is of version ${versions.schema}, this Bourse writes ${ours}: use the Bourse that wrote it, or start this one once`,
      );
    return versions;
  }) as [ReturnType<typeof versionsOf>, ReturnType<typeof versionsOf>];

  const source = new Copies(folder);
  try {
    const [problem] = await source.integrity();
    if (problem) throw new BackupRefused(`the data is damaged: ${problem}`);
    const { market, trades, changes } = await source.heads();
    const followed = await source.ledgerHead();
    if (followed.market && followed.market.market_id !== market.market_id)
      throw new BackupRefused("the ledger belongs to another market than the catalog");
    const ledger = followed.market ? followed.ledger : originOf(market.market_id);
    if (ledger.number > trades.number)
      throw new BackupRefused(
        "the ledger is ahead of the catalog: roll the catalog forward first, with `restore --roll-forward`",
      );
    const differs = firstDifference(join(folder, "catalog.db"), join(folder, "order.db"));
    if (differs !== undefined)
      throw new BackupRefused(`the ledger is not the trade log's beginning: row ${differs} differs`);
    const { market_id, incarnation } = market;
    const schemas = { catalog_schema: catalog.schema, order_schema: order.schema };
    const versions = { bourse: bourseVersion(), sqlite: catalog.sqlite, ...schemas };
    return { market: { market_id, incarnation }, rest: { versions, trades, changes, ledger } };
  } finally {
    source.close();
  }
}

async function partsIn(folder: string, progress: BackupProgress): Promise<Manifest["parts"]> {
  const part = async <Name extends `${(typeof databases)[number]}.db`>(name: Name) => {
    const path = join(folder, name);
    progress.begin(`checksum of ${name}`, statSync(path).size);
    return { name, ...(await digestOf(path, progress.add)) };
  };
  return [await part("order.db"), await part("catalog.db")];
}

async function readBack(path: string, progress: BackupProgress): Promise<void> {
  await using backup = await BackupFile.open(path);
  progress.begin("reading it back", backup.partBytes);
  await backup.verify(progress.add);
}
