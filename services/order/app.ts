import { Elysia } from "elysia";

import { errorsPlugin } from "../runtime/http/errors-plugin.ts";
import { healthRoutes } from "../runtime/http/health.ts";
import type { Log } from "../runtime/process/log.ts";
import { secretPlugin } from "../runtime/http/service-secret.ts";
import { wireVersionPlugin } from "../runtime/http/wire-version.ts";
import { orderRoutes, type OrderDeps } from "./routes.ts";

export interface AppDeps extends OrderDeps {
  /** What keeps orders from going through, or undefined. */
  missing(): Promise<string | undefined>;
}

/** The order service as a web-standard fetch handler: `createApp(deps, log).handle(request)` needs no port. */
export function createApp(deps: AppDeps, log: Log, serviceSecret?: string) {
  const routes = new Elysia({ normalize: false }).use(healthRoutes(deps.missing)).use(orderRoutes(deps));
  return new Elysia({ name: "order", normalize: false, handler: { standardHostname: false } })
    .use(errorsPlugin(log, routes.routes))
    .use(secretPlugin(serviceSecret))
    .use(wireVersionPlugin(log))
    .use(routes);
}

export type App = ReturnType<typeof createApp>;
