import { Elysia } from "elysia";

import { errorsPlugin } from "../runtime/http/errors-plugin.ts";
import { healthRoutes } from "../runtime/http/health.ts";
import type { Log } from "../runtime/process/log.ts";
import { secretPlugin } from "../runtime/http/service-secret.ts";
import { catalogRoutes, type CatalogDeps } from "./routes.ts";

/** The catalog as a web-standard fetch handler: `createApp(deps, log).handle(request)` needs no port. */
export function createApp(deps: CatalogDeps, log: Log, serviceSecret?: string) {
  const routes = new Elysia({ normalize: false })
    .use(healthRoutes(async () => undefined))
    .use(catalogRoutes(deps));
  return new Elysia({ name: "catalog", normalize: false, handler: { standardHostname: false } })
    .use(errorsPlugin(log, routes.routes))
    .use(secretPlugin(serviceSecret))
    .use(routes);
}

export type App = ReturnType<typeof createApp>;
