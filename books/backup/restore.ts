import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

import { copyDatabase } from "../../db/sqlite/copy.ts";
import { acquireLock, type Lock } from "../../db/sqlite/lock.ts";
import { openReader } from "../../db/sqlite/open.ts";
import { giveToOwnerOf, withPrivateFiles } from "../../db/sqlite/private-file.ts";
import { storeFailureIn } from "../../db/store-failure.ts";
import { runAudit, type AuditReport } from "../audit/run.ts";
import { FileSource } from "../audit/store.ts";
import { BackupFile } from "./backup-file.ts";
import { files, stage, type Staging } from "./data-folder.ts";
import { assertKnown, databases } from "./manifest.ts";
import { install } from "./install.ts";
import { silent, type BackupProgress } from "./progress.ts";
import { BackupRefused } from "./refused.ts";
import { completeLedger, rollForward } from "./roll-forward.ts";
import { relationOf, type LedgerRelation } from "./rules.ts";
import { incarnationIn, LedgerFile, StagedCatalog, StagedLedger } from "./store.ts";

export interface RestoreOptions {
  dataDir: string;
  /** The backup; undefined: the catalog in the folder is rolled forward. */
  file: string | undefined;
  /** Replaces the data in the folder; the old files are kept under another name. */
  force?: boolean;
  /** Applies the trades of the ledger in the folder that the restored catalog lacks. */
  rollForward?: boolean;
  /** Restores although orders of the ledger in the folder are lost by it. */
  dropOrders?: boolean;
  /** Restores although the audit found the books inconsistent. */
  keepWrongBooks?: boolean;
  progress?: BackupProgress;
}

export interface Restoration {
  report: AuditReport;
  /** Whether the restored books are in the folder; wrong books only with `keepWrongBooks`. */
  isInstalled: boolean;
  incarnation: number;
  /** Trades in the restored books, and how many of them came from the ledger. */
  trades: number;
  rolledForward: number;
  /** Where the replaced files are. */
  kept: string[];
}

/**
 * Restores a market into a data folder, or rolls the catalog in the folder forward from its ledger. The new books are
 * built and audited beside the old ones, and replace them only then. Resolves with undefined when there was nothing to
 * do. Throws BackupRefused and the errors of the file system and of the store; nothing in the folder has changed then.
 */
export async function restore(options: RestoreOptions): Promise<Restoration | undefined> {
  const { dataDir, file, progress = silent } = options;
  await using backup = file === undefined ? undefined : await BackupFile.open(file);
  if (backup) {
    assertKnown(backup.manifest);
    progress.begin("verifying the backup", backup.partBytes);
    await backup.verify(progress.add);
  }
  assertMayReplace(options);
  using _locks = lockBoth(dataDir);
  using staging = stage(dataDir);
  if (backup) {
    progress.begin("unpacking", backup.partBytes);
    await backup.extract((name) => staging.at[name], progress.add);
  } else copyPair(dataDir, staging, progress);

  const built = await build(staging, options, progress);
  if (!backup && built.rolledForward === 0) return undefined;
  const report = await audit(staging.folder, progress);
  const isInstalled = report.ok || options.keepWrongBooks === true;
  const kept = isInstalled ? install(staging, dataDir) : [];
  return { ...built, report, isInstalled, kept };
}

function assertMayReplace({ dataDir, file, force, rollForward: isRolling }: RestoreOptions): void {
  const there = files.filter((name) => existsSync(join(dataDir, name)));
  if (file === undefined || isRolling) {
    const missing = (file === undefined ? files : ["order.db"]).find(
      (name) => !existsSync(join(dataDir, name)),
    );
    if (missing)
      throw new BackupRefused(`there is nothing to roll forward: ${join(dataDir, missing)} is missing`);
    return;
  }
  if (there.length > 0 && !force)
    throw new BackupRefused(
      `${dataDir} holds data (${there.join(", ")}): --force replaces it, and keeps the old files under another name`,
    );
}

/** Holds the locks of both services, so that neither can start while their files are replaced. */
function lockBoth(dataDir: string): Disposable {
  const locks = new DisposableStack();
  try {
    withPrivateFiles(() => {
      mkdirSync(dataDir, { recursive: true });
      for (const name of databases) {
        const lock = lockFile(join(dataDir, `${name}.lock`));
        if (!lock)
          throw new BackupRefused(`the ${name} service works on ${dataDir}: stop the services first`);
        locks.defer(() => lock.release());
      }
    });
    return locks;
  } catch (error) {
    locks.dispose();
    throw error;
  }
}

function lockFile(path: string): Lock | undefined {
  const isNew = !existsSync(path);
  try {
    const lock = acquireLock(path);
    // By a path, not by opening it: closing the file would drop the lock.
    if (isNew) giveToOwnerOf(dirname(realpathSync(path)), path);
    return lock;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BackupRefused(`the lock file ${path} cannot be used: ${why}`, { cause });
  }
}

function copyPair(from: string, { at }: Staging, progress: BackupProgress): void {
  progress.begin("copying the market", 0);
  for (const name of files) {
    const reader = openReader(join(from, name));
    try {
      copyDatabase(reader, at[name]);
    } finally {
      reader.close();
    }
  }
}

/** Rolls the staged catalog forward if asked to, completes the staged ledger, and gives both a new incarnation. */
async function build(
  { at }: Staging,
  options: RestoreOptions,
  progress: BackupProgress,
): Promise<Pick<Restoration, "incarnation" | "trades" | "rolledForward">> {
  const { dataDir } = options;
  using catalog = new StagedCatalog(at["catalog.db"]);
  const rolledForward = await takeFromLedger(catalog, options, progress);
  using ledger = new StagedLedger(at["order.db"]);
  await completeLedger(catalog, ledger, progress);

  const { market_id, incarnation: restored } = catalog.market();
  const seen = [...files.map((name) => join(dataDir, name)), at["order.db"]].map(incarnationOf);
  const incarnation = Math.max(restored, ...seen) + 1;
  catalog.beginIncarnation(incarnation);
  ledger.follow({ market_id, incarnation });
  return { incarnation, trades: catalog.head().number, rolledForward };
}

/** Applies the newer trades of the ledger in the folder, or checks that no order is lost, unless asked to drop orders. */
async function takeFromLedger(
  catalog: StagedCatalog,
  { dataDir, rollForward: isRolling, dropOrders, file }: RestoreOptions,
  progress: BackupProgress,
): Promise<number> {
  const path = join(dataDir, "order.db");
  if (!existsSync(path)) return 0;
  if (isRolling || file === undefined) {
    using ledger = new LedgerFile(path);
    return await rollForward(catalog, ledger, progress);
  }
  const why = dropOrders ? undefined : lossOf(path, catalog);
  if (why) throw new BackupRefused(why);
  return 0;
}

/** Which acknowledged orders would be lost with the ledger in the folder, in a sentence; undefined: none. */
function lossOf(path: string, catalog: StagedCatalog): string | undefined {
  try {
    using ledger = new LedgerFile(path);
    const past = ledger.head().number - catalog.head().number;
    const losses: Record<LedgerRelation, string | undefined> = {
      foreign: undefined,
      covered: undefined,
      ahead: `${path} holds ${past} orders that are newer than this backup: --roll-forward takes them over, --drop-orders restores without them`,
      diverged: `${path} holds orders that this backup does not have, because the market continued differently since then: --drop-orders restores without them`,
    };
    return losses[relation(ledger, catalog)];
  } catch (error) {
    if (!storeFailureIn(error)) throw error;
    return `${path} cannot be read, so it is not known which orders it holds that are newer than this backup: --drop-orders restores without them`;
  }
}

function relation(ledger: LedgerFile, catalog: StagedCatalog): LedgerRelation {
  const [ledgerHead, catalogHead] = [ledger.head(), catalog.head()];
  return relationOf(
    { marketId: ledger.marketId(), head: ledgerHead, chainAt: ledger.chainAt(catalogHead.number) },
    {
      marketId: catalog.market().market_id,
      head: catalogHead,
      chainAt: catalog.chainAt(ledgerHead.number),
    },
  );
}

/** 0 for a file that does not exist or cannot be read: damage is a reason to restore a backup. */
function incarnationOf(path: string): number {
  try {
    return existsSync(path) ? incarnationIn(path) : 0;
  } catch (error) {
    if (!storeFailureIn(error)) throw error;
    return 0;
  }
}

async function audit(folder: string, progress: BackupProgress): Promise<AuditReport> {
  const source = new FileSource(folder);
  try {
    let isBegun = false;
    return await runAudit(source, {
      onProgress({ done, total }) {
        if (!isBegun) progress.begin("auditing", total);
        isBegun = true;
        progress.reach(done);
      },
    });
  } finally {
    source.close();
  }
}
