import { Type } from "@sinclair/typebox";

import type { OrderService } from "../../contract/order-service.ts";
import { healthRoutes as routes } from "../../runtime/http/health.ts";
import type { MarketLogs } from "../events/market-logs.ts";
import { documented } from "./documentation.ts";
import { dataOf } from "./schemas.ts";

export interface HealthDeps {
  orders: Pick<OrderService, "isReady">;
  logs: Pick<MarketLogs, "head">;
}

const alive = documented({
  summary: "Whether the frontend runs",
  tag: "health",
  success: {
    description: "It runs.",
    schema: dataOf(Type.Object({ status: Type.Literal("alive") }, { additionalProperties: false })),
    example: { data: { status: "alive" } },
  },
  failures: [],
});

const ready = documented({
  summary: "Whether an order would go through now, and an event stream begin",
  tag: "health",
  success: {
    description: "They would.",
    schema: dataOf(Type.Object({ status: Type.Literal("ready") }, { additionalProperties: false })),
    example: { data: { status: "ready" } },
  },
  failures: ["unavailable"],
});

export function healthRoutes({ orders, logs }: HealthDeps) {
  const notReadyReason = async () => {
    if (!(await orders.isReady())) return "orders cannot go through right now";
    return logs.head ? undefined : "event streams cannot begin yet: the heads of the logs are not known";
  };
  return routes(notReadyReason, { alive, ready });
}
