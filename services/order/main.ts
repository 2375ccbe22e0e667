import { claimDatabase } from "../../db/sqlite/claim.ts";
import { DatabaseOpenError, MigrationError } from "../../db/sqlite/errors.ts";
import { systemContext } from "../runtime/context.ts";
import { closeListener, listen } from "../runtime/http/listen.ts";
import type { Env } from "../runtime/process/env.ts";
import { runService, type Running } from "../runtime/process/lifecycle.ts";
import type { Log } from "../runtime/process/log.ts";
import { createApp } from "./app.ts";
import { composeOrder } from "./compose.ts";
import { orderConfig } from "./config.ts";
import { catalogPeer } from "./peers.ts";
import { LedgerStore } from "./store.ts";

/** Starts the order service. It listens at once, and is ready when its ledger has caught up. */
export async function startOrder(env: Env, log: Log): Promise<Running> {
  const config = orderConfig(env);
  // NORMAL: rows at the ledger's end that a power cut takes are pulled again from the catalog, which is FULL.
  const { writer, lock, snapshot } = claimDatabase(config.dataDir, "order", "NORMAL");
  if (snapshot) log.info({ snapshot }, "upgraded: a copy of the older version is kept");
  const ledger = new LedgerStore(writer);
  const context = systemContext(log);
  const catalog = catalogPeer(config.catalogUrl, config.serviceSecret, context);
  const service = composeOrder({ ledger, catalog, intake: config.intake, context });
  const app = createApp(service.orders, service.missing, log, config.serviceSecret);
  const url = listen(app, config.address, config.maxBodyBytes);
  service.start();
  return {
    url,
    async stop() {
      // Open feeds would keep the listener from draining.
      service.feed.close();
      await closeListener(app, 5_000);
      await service.stop();
      await ledger.close();
      lock.release();
    },
  };
}

if (import.meta.main)
  await runService({ name: "order", start: startOrder, refusals: [DatabaseOpenError, MigrationError] });
