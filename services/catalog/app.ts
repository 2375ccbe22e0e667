import { Elysia } from "elysia";

import { errorsPlugin } from "../runtime/http/errors-plugin.ts";
import { healthRoutes } from "../runtime/http/health.ts";
import { secretPlugin } from "../runtime/http/service-secret.ts";
import { wireVersionPlugin } from "../runtime/http/wire-version.ts";
import type { Log } from "../runtime/process/log.ts";
import type { LocalCatalog } from "./catalog.ts";
import { catalogRoutes } from "./routes.ts";

/** The catalog as a fetch handler: `createApp(catalog, log).handle(request)` needs no port. */
export function createApp(catalog: LocalCatalog, log: Log, serviceSecret?: string) {
  const routes = new Elysia({ normalize: false })
    .use(healthRoutes(async () => catalog.notReadyReason()))
    .use(catalogRoutes(catalog));
  return new Elysia({ name: "catalog", normalize: false, handler: { standardHostname: false } })
    .use(errorsPlugin(log, routes.routes))
    .use(secretPlugin(serviceSecret))
    .use(wireVersionPlugin(log))
    .use(routes);
}

export type App = ReturnType<typeof createApp>;
