import { Elysia, sse, t } from "elysia";

import { limits } from "../contract/limits.ts";
import { SubmitRequest } from "../contract/order.ts";
import type { OrderService } from "../contract/order-service.ts";
import type { Reply } from "../contract/reply.ts";
import { OrderType } from "../contract/trade.ts";
import { HttpFailure } from "../runtime/http/http-failure.ts";
import { jsonOnly } from "../runtime/http/json-body.ts";

/** Calls between services: what the frontend submits, and what it reads of the ledger. */
export function orderRoutes(orders: OrderService) {
  return new Elysia({ name: "order-routes", normalize: false })
    .post("/orders", async ({ body }) => dataOf(await orders.submit(body)), {
      parse: [jsonOnly, "json"],
      body: SubmitRequest,
    })
    .get("/head", async () => dataOf(await orders.head()))
    .get("/feed", async function* ({ request }) {
      const events = await orders.feed.subscribe(request.signal);
      for await (const event of events ?? []) yield sse({ data: event });
    })
    .get("/ledger/:number", async ({ params }) => dataOf(await orders.trade(params.number)), {
      params: t.Object({ number: t.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }),
    })
    .get("/ledger", async ({ query }) => dataOf(await orders.ledgerPage(query)), {
      query: t.Object({
        after: t.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
        limit: t.Integer({ minimum: 1, maximum: limits.pageItems }),
        name: t.Optional(t.String()),
        type: t.Optional(OrderType),
        client: t.Optional(t.String()),
      }),
    });
}

function dataOf<T>(reply: Reply<T>): T {
  if (reply.ok) return reply.data;
  if (reply.arrived === "maybe") throw new HttpFailure("outcome_unknown");
  throw new HttpFailure(reply.arrived === "yes" ? reply.reason : "unavailable");
}
