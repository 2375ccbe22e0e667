import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { claimDatabase } from "../../db/sqlite/claim.ts";
import { DatabaseOpenError, MigrationError } from "../../db/sqlite/errors.ts";
import { sqliteVersion, sqliteVersionWarning } from "../../db/sqlite/sqlite-version.ts";
import type { Env } from "../runtime/process/env.ts";
import { crash, runService, type Running } from "../runtime/process/lifecycle.ts";
import { closeListener, listen } from "../runtime/http/listen.ts";
import type { Log } from "../runtime/process/log.ts";
import { StartRefused } from "../runtime/process/start-refused.ts";
import { createApp } from "./app.ts";
import { catalogConfig } from "./config.ts";
import { catalogFeed } from "./feed.ts";
import { parseOpening } from "./opening.ts";
import { CatalogStore } from "./store.ts";
import { CatalogWriter } from "./writer/store.ts";
import { WriterThread } from "./writer/thread.ts";

const defaultStocksFile = fileURLToPath(new URL("../../db/stocks.csv", import.meta.url));

/** Starts the catalog: config → store → listen. Throws what a person must mend. */
export async function startCatalog(env: Env, log: Log): Promise<Running> {
  const config = catalogConfig(env);
  const { path, writer, lock, snapshot } = claimDatabase(config.dataDir, "catalog", "FULL");
  if (snapshot) log.info({ snapshot }, "upgraded: a copy of the older version is kept");
  const warning = sqliteVersionWarning(sqliteVersion(writer));
  if (warning) log.warn(warning);

  const opening = new CatalogWriter(writer);
  const opened = opening.open(Bun.randomUUIDv7(), () => readOpening(config.stocksFile), Date.now());
  if (opened > 0) log.info({ stocks: opened }, "a new market is open");
  opening.close();

  const writes = new WriterThread(path, (error) => crash(log, error));
  const reads = new CatalogStore(path);
  const feed = catalogFeed(reads);
  const app = createApp({ reads, writes, feed }, log, config.serviceSecret);
  const url = listen(app, config.address, config.maxBodyBytes);
  return {
    url,
    async stop() {
      feed.close();
      await closeListener(app, 5_000);
      await reads.close();
      await writes.close();
      lock.release();
    },
  };
}

function readOpening(file = defaultStocksFile) {
  let csv: string;
  try {
    csv = readFileSync(file, "utf8");
  } catch {
    throw new StartRefused(`BOURSE_STOCKS_FILE cannot be read: ${file}`);
  }
  return parseOpening(csv);
}

if (import.meta.main)
  await runService({ name: "catalog", start: startCatalog, refusals: [DatabaseOpenError, MigrationError] });
