import { DatabaseOpenError, MigrationError } from "../../db/sqlite/errors.ts";
import { systemContext } from "../runtime/context.ts";
import { closeListener, listen } from "../runtime/http/listen.ts";
import type { Env } from "../runtime/process/env.ts";
import { runService, type Running } from "../runtime/process/lifecycle.ts";
import type { Log } from "../runtime/process/log.ts";
import { createApp } from "./app.ts";
import { orderConfig } from "./config.ts";
import { orderOnDisk } from "./on-disk.ts";
import { catalogPeer } from "./peers.ts";

const closeGraceMs = 5_000;

/** Starts the order service. It listens at once, and is ready when its ledger has caught up. */
export async function startOrder(env: Env, log: Log): Promise<Running> {
  const config = orderConfig(env);
  const context = systemContext(log);
  const catalog = catalogPeer(config.catalogUrl, config.serviceSecret, context);
  const service = orderOnDisk(config, catalog, context);
  const app = createApp(service.orders, service.notReadyReason, log, config.serviceSecret);
  const url = listen(app, config.address, config.maxBodyBytes);
  service.start();
  return {
    url,
    async stop() {
      // Open feeds would keep the listener from draining.
      service.feed.close();
      await closeListener(app, closeGraceMs);
      await service.stop();
      await service.close();
    },
  };
}

if (import.meta.main)
  await runService({ name: "order", start: startOrder, refusals: [DatabaseOpenError, MigrationError] });
