import { Elysia } from "elysia";

import { errorsPlugin } from "../runtime/http/errors-plugin.ts";
import type { Log } from "../runtime/process/log.ts";
import { defaultHeaders } from "./default-headers.ts";
import { auditRoutes, type AuditDeps } from "./routes/audit.ts";
import { eventRoutes, type EventDeps } from "./routes/events.ts";
import { healthRoutes, type HealthDeps } from "./routes/health.ts";
import { orderRoutes, type OrderDeps } from "./routes/orders.ts";
import { stockRoutes, type StockDeps } from "./routes/stocks.ts";

export type FrontendDeps = AuditDeps & EventDeps & HealthDeps & OrderDeps & StockDeps;

/** The public API as a fetch handler: `createApp(deps, log).handle(request)` needs no port. */
export function createApp(deps: FrontendDeps, log: Log) {
  const routes = new Elysia({ normalize: false })
    .use(healthRoutes(deps))
    .use(stockRoutes(deps))
    .use(orderRoutes(deps))
    .use(eventRoutes(deps))
    .use(auditRoutes(deps));
  return new Elysia({ name: "frontend", normalize: false, handler: { standardHostname: false } })
    .headers(defaultHeaders)
    .use(errorsPlugin(log, routes.routes))
    .use(routes);
}

export type App = ReturnType<typeof createApp>;
