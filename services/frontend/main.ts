import { systemContext } from "../runtime/context.ts";
import { closeIdleConnections, closeListener, listen } from "../runtime/http/listen.ts";
import { DescriptorWatch } from "../runtime/process/descriptor-watch.ts";
import type { Env } from "../runtime/process/env.ts";
import { runService, type Running } from "../runtime/process/lifecycle.ts";
import type { Log } from "../runtime/process/log.ts";
import { KeysFileError } from "./access/keys-file.ts";
import { composeFrontend } from "./compose.ts";
import { frontendConfig } from "./config.ts";
import { boundedCatalog, boundedOrders, catalogPeer, orderPeer } from "./peers.ts";

const listenerGraceMs = 6_000;

/** Starts the frontend: config → peers → listen. It has no store, and starts whether or not its peers are there. */
export async function startFrontend(env: Env, log: Log): Promise<Running> {
  const config = frontendConfig(env);
  const context = systemContext(log);
  const catalog = catalogPeer(config.catalogUrl, config.serviceSecret, context);
  const order = orderPeer(config.orderUrl, config.serviceSecret, context);
  const frontend = composeFrontend({
    config,
    catalog: boundedCatalog(catalog, context.clock),
    orders: boundedOrders(order, context.clock),
    audited: { catalog, order },
    context,
  });
  const app = frontend.createApp().wrap(frontend.admit);
  const url = listen(app, config.address, config.maxBodyBytes, config.idleTimeoutSeconds);
  frontend.start();
  const descriptors = new DescriptorWatch({ log, closeIdle: () => closeIdleConnections(app) });
  descriptors.start();
  return {
    url,
    async stop() {
      descriptors.stop();
      frontend.endStreams();
      await closeListener(app, listenerGraceMs);
      await frontend.stop();
    },
  };
}

if (import.meta.main) await runService({ name: "frontend", start: startFrontend, refusals: [KeysFileError] });
