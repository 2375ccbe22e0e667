import { claimDatabase } from "../../db/sqlite/claim.ts";
import { DatabaseOpenError, MigrationError } from "../../db/sqlite/errors.ts";
import type { Env } from "../runtime/process/env.ts";
import { ExitCode } from "../runtime/process/exit-codes.ts";
import { runService, type Running } from "../runtime/process/lifecycle.ts";
import { closeListener, listen } from "../runtime/http/listen.ts";
import type { Log } from "../runtime/process/log.ts";
import { createApp } from "./app.ts";
import { orderConfig } from "./config.ts";
import { OrderIntake } from "./intake.ts";
import { ledgerFeed } from "./feed.ts";
import { Follower } from "./follower.ts";
import { catalogPeer } from "./peers.ts";
import { LedgerStore } from "./store.ts";

/** Starts the order service: config → store → peers → listen, not ready until the ledger has caught up. */
export async function startOrder(env: Env, log: Log): Promise<Running> {
  const config = orderConfig(env);
  // NORMAL: what a power cut takes from the ledger's tail is pulled again from the catalog, which is FULL.
  const { writer, lock, snapshot } = claimDatabase(config.dataDir, "order", "NORMAL");
  if (snapshot) log.info({ snapshot }, "upgraded: a copy of the older version is kept");
  const ledger = new LedgerStore(writer);
  const catalog = catalogPeer(config.catalogUrl, config.serviceSecret);
  const follower = new Follower({
    ledger,
    catalog,
    log,
    onAppended: (number) => feed.publish({ kind: "head", trades: number }),
    onFenced() {
      log.error("a newer order service has taken over: this one ends");
      process.exit(ExitCode.fenced);
    },
  });
  const feed = ledgerFeed(ledger, () => follower.isComplete);
  const desk = new OrderIntake(follower, config.desk);
  const app = createApp(
    {
      desk,
      ledger,
      feed,
      isComplete: () => follower.isComplete,
      hasNoTrade: (number) => follower.hasNoTrade(number),
      missing: async () =>
        follower.missing ?? ((await catalog.isReady()) ? undefined : "the catalog cannot be reached"),
    },
    log,
    config.serviceSecret,
  );
  const url = listen(app, config.address, config.maxBodyBytes);
  follower.start();
  return {
    url,
    async stop() {
      feed.close();
      await closeListener(app, 5_000);
      await desk.close();
      await follower.stop();
      await ledger.close();
      lock.release();
    },
  };
}

if (import.meta.main)
  await runService({ name: "order", start: startOrder, refusals: [DatabaseOpenError, MigrationError] });
