import { Elysia } from "elysia";

import { errorsPlugin } from "../runtime/http/errors-plugin.ts";
import { healthRoutes } from "../runtime/http/health.ts";
import type { Log } from "../runtime/process/log.ts";
import { admission, type AdmissionLimits } from "./admission.ts";
import { frontendRoutes, type FrontendDeps } from "./routes.ts";
import { defaultHeaders } from "./default-headers.ts";

const admissionLimits: AdmissionLimits = {
  maxHeaders: 100,
  maxAtOnce: 1_000,
  refusalsPerSecond: 20_000,
  maxRefusalsWaiting: 20_000,
};

/** The frontend as a web-standard fetch handler: `createApp(deps, log).handle(request)` needs no port. */
export function createApp(deps: FrontendDeps, log: Log) {
  const missing = async () =>
    (await deps.peers.ordersAreReady()) ? undefined : "orders cannot go through right now";
  const routes = new Elysia({ normalize: false }).use(healthRoutes(missing)).use(frontendRoutes(deps));
  return new Elysia({ name: "frontend", normalize: false, handler: { standardHostname: false } })
    .wrap(admission(() => deps.orders.hasRoom(1), admissionLimits))
    .headers(defaultHeaders)
    .use(errorsPlugin(log, routes.routes))
    .use(routes);
}

export type App = ReturnType<typeof createApp>;
