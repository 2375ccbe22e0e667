import { Elysia } from "elysia";

import type { OrderService } from "../contract/order-service.ts";
import { errorsPlugin } from "../runtime/http/errors-plugin.ts";
import { healthRoutes } from "../runtime/http/health.ts";
import { secretPlugin } from "../runtime/http/service-secret.ts";
import { wireVersionPlugin } from "../runtime/http/wire-version.ts";
import type { Log } from "../runtime/process/log.ts";
import { orderRoutes } from "./routes.ts";

/**
 * The order service as a fetch handler: `createApp(…).handle(request)` needs no port. `notReadyReason` resolves with
 * the reason why orders cannot go through, or undefined.
 */
export function createApp(
  orders: OrderService,
  notReadyReason: () => Promise<string | undefined>,
  log: Log,
  serviceSecret?: string,
) {
  const routes = new Elysia({ normalize: false }).use(healthRoutes(notReadyReason)).use(orderRoutes(orders));
  return new Elysia({ name: "order", normalize: false, handler: { standardHostname: false } })
    .use(errorsPlugin(log, routes.routes))
    .use(secretPlugin(serviceSecret))
    .use(wireVersionPlugin(log))
    .use(routes);
}

export type App = ReturnType<typeof createApp>;
