import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { claimDatabase } from "../../db/sqlite/claim.ts";
import { DatabaseFile } from "../../db/sqlite/database-file.ts";
import { openReader } from "../../db/sqlite/open.ts";
import { sqliteVersion, sqliteVersionWarning } from "../../db/sqlite/sqlite-version.ts";
import type { RuntimeContext } from "../runtime/context.ts";
import { crash } from "../runtime/process/lifecycle.ts";
import type { Log } from "../runtime/process/log.ts";
import { StartRefused } from "../runtime/process/start-refused.ts";
import { composeCatalog } from "./compose.ts";
import type { CatalogConfig } from "./config.ts";
import { assertNoLostMarket } from "./founding.ts";
import { parseOpening, type OpeningStock } from "./opening.ts";
import { catalogStore } from "./store.ts";
import { failedOrderLog } from "./writer/failed-order.ts";
import { CatalogWriter } from "./writer/store.ts";
import { WriterThread } from "./writer/thread.ts";

const defaultStocksFile = fileURLToPath(new URL("../../db/stocks.csv", import.meta.url));

/**
 * The catalog over the file in its data folder: takes the folder's lock, opens a new market with the opening list, and
 * starts the writer's thread. An error that ends this thread ends the process.
 * Throws StartRefused, DatabaseOpenError or MigrationError, and then holds nothing.
 */
export function catalogOnDisk(
  { dataDir, stocksFile }: Pick<CatalogConfig, "dataDir" | "stocksFile">,
  context: RuntimeContext,
) {
  const { log } = context;
  const { path, writer, lock, snapshot } = claimDatabase(dataDir, "catalog", "FULL", {
    beforeCreation: () => assertNoLostMarket(dataDir),
  });
  let file: DatabaseFile;
  try {
    if (snapshot) log.info({ snapshot }, "upgraded: a copy of the older version is kept");
    const warning = sqliteVersionWarning(sqliteVersion(writer));
    if (warning) log.warn(warning);
    const opened = new CatalogWriter(writer).open(
      context.newId(),
      () => {
        assertNoLostMarket(dataDir);
        return readOpening(stocksFile);
      },
      context.clock.wallTime(),
    );
    if (opened > 0) log.info({ stocks: opened }, "a new market is open");
    file = new DatabaseFile(path, (problem) => logFileProblem(log, problem));
  } catch (error) {
    writer.close();
    lock.release();
    throw error;
  }
  writer.close();

  const writes = new WriterThread(path, {
    onCrash: (error) => crash(log, error),
    onFailedOrder: failedOrderLog(log),
  });
  const parts = composeCatalog({ reads: catalogStore(openReader(path)), writes, file, context });
  return {
    ...parts,
    /** Ends the feed, closes both connections and releases the folder's lock. */
    async close(): Promise<void> {
      parts.feed.close();
      await parts.reads.close();
      await parts.writes.close();
      lock.release();
    },
  };
}

function logFileProblem(log: Log, problem: string | undefined): void {
  if (problem === undefined) log.info("the catalog's file is back: orders are decided again");
  else
    log.error(
      `${problem}: no order is decided. Put it back with its -wal, or stop the market and restore a backup`,
    );
}

function readOpening(file = defaultStocksFile): OpeningStock[] {
  let csv: string;
  try {
    csv = readFileSync(file, "utf8");
  } catch {
    throw new StartRefused(`BOURSE_STOCKS_FILE cannot be read: ${file}`);
  }
  return parseOpening(csv);
}
