import { DatabaseOpenError, MigrationError } from "../db/sqlite/errors.ts";
import { catalogConfig } from "./catalog/config.ts";
import { catalogOnDisk } from "./catalog/on-disk.ts";
import { composeMarket } from "./compose.ts";
import { KeysFileError } from "./frontend/access/keys-file.ts";
import { frontendConfig } from "./frontend/config.ts";
import { orderConfig } from "./order/config.ts";
import { orderOnDisk } from "./order/on-disk.ts";
import { systemContext } from "./runtime/context.ts";
import { closeIdleConnections, closeListener, listen } from "./runtime/http/listen.ts";
import { DescriptorWatch } from "./runtime/process/descriptor-watch.ts";
import type { Env } from "./runtime/process/env.ts";
import { runService, type Running, type Service } from "./runtime/process/lifecycle.ts";
import type { Log } from "./runtime/process/log.ts";

const closeGraceMs = 6_000;

/**
 * Starts catalog, order service and frontend in this process, and opens no internal port. The catalog's writer keeps a
 * thread of its own, so that an fsync stops no reader. Throws an error that a person must correct.
 */
export async function startMarket(env: Env, log: Log): Promise<Running> {
  const context = systemContext(log);
  const catalog = catalogOnDisk(catalogConfig(env), context);
  const order = orderOnDisk(orderConfig(env), catalog.catalog, context);
  const config = frontendConfig(env);
  const { frontend, app, stop } = composeMarket({ catalog, order, config, context });
  const url = listen(app, config.address, config.maxBodyBytes, config.idleTimeoutSeconds);
  order.start();
  frontend.start();
  const descriptors = new DescriptorWatch({ log, closeIdle: () => closeIdleConnections(app) });
  descriptors.start();
  return {
    url,
    async stop() {
      descriptors.stop();
      await stop(() => closeListener(app, closeGraceMs));
    },
  };
}

export const market: Service = {
  name: "market",
  start: startMarket,
  isWholeMarket: true,
  refusals: [DatabaseOpenError, MigrationError, KeysFileError],
};

if (import.meta.main) await runService(market);
