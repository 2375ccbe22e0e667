import { Type } from "@sinclair/typebox";

import type { OrderService } from "../../contract/order-service.ts";
import { healthRoutes as routes } from "../../runtime/http/health.ts";
import { documented } from "./documentation.ts";
import { dataOf } from "./schemas.ts";

export interface HealthDeps {
  orders: Pick<OrderService, "isReady">;
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
  summary: "Whether an order would go through now",
  tag: "health",
  success: {
    description: "It would.",
    schema: dataOf(Type.Object({ status: Type.Literal("ready") }, { additionalProperties: false })),
    example: { data: { status: "ready" } },
  },
  failures: ["unavailable"],
});

export function healthRoutes({ orders }: HealthDeps) {
  const notReadyReason = async () =>
    (await orders.isReady()) ? undefined : "orders cannot go through right now";
  return routes(notReadyReason, { alive, ready });
}
