import { Elysia, sse, t } from "elysia";

import type { BatchReply } from "../contract/batch-reply.ts";
import { limits } from "../contract/limits.ts";
import { EpochRequest } from "../contract/market.ts";
import type { BatchRequest } from "../contract/order.ts";
import type { Reply } from "../contract/reply.ts";
import { HttpFailure } from "../runtime/http/http-failure.ts";
import { jsonOnly } from "../runtime/http/json-body.ts";
import type { LocalCatalog } from "./catalog.ts";

const PageLimit = t.Integer({ minimum: 1, maximum: limits.pageItems });
const LogPage = t.Object({
  after: t.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  limit: PageLimit,
});

/** The catalog's methods as calls between services: reads for the frontends, decisions for the order service. */
export function catalogRoutes(catalog: LocalCatalog) {
  return new Elysia({ name: "catalog-routes", normalize: false })
    .get("/stocks/:name", async ({ params }) => {
      return dataOf(await catalog.stock(params.name));
    })
    .get("/stocks", async ({ query }) => dataOf(await catalog.stocks(query.after, query.limit)), {
      query: t.Object({ after: t.String(), limit: PageLimit }),
    })
    .get("/trades", async ({ query }) => dataOf(await catalog.trades(query.after, query.limit)), {
      query: LogPage,
    })
    .get("/changes", async ({ query }) => dataOf(await catalog.changes(query.after, query.limit)), {
      query: LogPage,
    })
    .get("/overlaps", async ({ query }) => dataOf(await catalog.overlaps(query.after, query.limit)), {
      query: LogPage,
    })
    .get("/heads", async () => dataOf(await catalog.heads()))
    .post("/epochs", async ({ body }) => dataOf(await catalog.acquireEpoch(body)), {
      parse: [jsonOnly, "json"],
      body: EpochRequest,
    })
    .post(
      "/batches",
      async ({ body }) => readyJson<BatchReply>(dataOf(await catalog.decideJson(body as unknown as string))),
      // Typed as a BatchRequest for clients. Here it is the text of one: the writer's thread parses and checks it.
      { parse: [jsonOnly, "text"], body: t.Unsafe<BatchRequest>(t.String()) },
    )
    .get(
      "/stock-changes",
      async ({ query }) => dataOf(await catalog.stockChanges(query.after, query.limit)),
      { query: LogPage },
    )
    .get("/feed", async function* ({ request }) {
      // A waiting generator does not notice that the client has disconnected: the request's signal ends the
      // subscription.
      for await (const event of await catalog.feed.subscribe(request.signal)) yield sse({ data: event });
    });
}

const jsonInit = { headers: { "content-type": "application/json;charset=utf-8" } };

/** A reply from JSON that exists already. Typed as the value in it, so that Eden's clients get that type. */
function readyJson<T>(json: string): T {
  return new Response(json, jsonInit) as unknown as T;
}

function dataOf<T>(reply: Reply<T>): T {
  if (reply.ok) return reply.data;
  if (reply.arrived === "maybe") throw new HttpFailure("outcome_unknown");
  throw new HttpFailure(reply.arrived === "yes" ? reply.reason : "unavailable");
}
