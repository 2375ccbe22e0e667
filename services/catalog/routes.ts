import { Elysia, sse, t } from "elysia";

import type { BatchReply } from "../contract/batch-reply.ts";
import type { CatalogReads } from "../contract/catalog.ts";
import type { CatalogEvent } from "../contract/feed.ts";
import { limits } from "../contract/limits.ts";
import { EpochRequest, type Market } from "../contract/market.ts";
import type { BatchRequest } from "../contract/order.ts";
import type { Reply } from "../contract/reply.ts";
import type { Broadcast } from "../runtime/feed/broadcast.ts";
import { HttpFailure } from "../runtime/http/http-failure.ts";
import { jsonOnly } from "../runtime/http/json-body.ts";
import { readyJson } from "../runtime/http/ready-json.ts";
import type { DecidedJson } from "./writer/decide-json.ts";

export interface CatalogDeps {
  reads: CatalogReads;
  writes: {
    acquireEpoch(follower: EpochRequest): Promise<Reply<Market>>;
    /** A BatchRequest, and the BatchReply to it, both as JSON. */
    decide(requestJson: string): Promise<Reply<DecidedJson>>;
  };
  feed: Broadcast<CatalogEvent>;
}

const PageLimit = t.Integer({ minimum: 1, maximum: limits.pageItems });
const LogPage = t.Object({
  after: t.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  limit: PageLimit,
});

/** Calls between services: what the frontend looks up, and what the order service has decided and follows. */
export function catalogRoutes({ reads, writes, feed }: CatalogDeps) {
  return new Elysia({ name: "catalog-routes", normalize: false })
    .get("/stocks/:name", async ({ params }) => {
      return dataOf(await reads.stock(params.name));
    })
    .get("/stocks", async ({ query }) => dataOf(await reads.stocks(query.after, query.limit)), {
      query: t.Object({ after: t.String(), limit: PageLimit }),
    })
    .get("/trades", async ({ query }) => dataOf(await reads.trades(query.after, query.limit)), {
      query: LogPage,
    })
    .get("/changes", async ({ query }) => dataOf(await reads.changes(query.after, query.limit)), {
      query: LogPage,
    })
    .get("/overlaps", async ({ query }) => dataOf(await reads.overlaps(query.after, query.limit)), {
      query: LogPage,
    })
    .get("/heads", async () => dataOf(await reads.heads()))
    .post("/epochs", async ({ body }) => dataOf(await writes.acquireEpoch(body)), {
      parse: [jsonOnly, "json"],
      body: EpochRequest,
    })
    .post(
      "/batches",
      async ({ body }) => {
        const { json, stocks } = dataOf(await writes.decide(body as unknown as string));
        if (stocks.length > 0) feed.publish({ kind: "stocks", stocks });
        return readyJson<BatchReply>(json);
      },
      // For clients a BatchRequest; here the text of one, which the writer's thread parses and checks.
      { parse: [jsonOnly, "text"], body: t.Unsafe<BatchRequest>(t.String()) },
    )
    .get("/stock-changes", async ({ query }) => dataOf(await reads.stockChanges(query.after, query.limit)), {
      query: LogPage,
    })
    .get("/feed", async function* ({ request }) {
      for await (const event of feed.follow(request.signal)) yield sse({ data: event });
    });
}

function dataOf<T>(reply: Reply<T>): T {
  if (reply.ok) return reply.data;
  throw new HttpFailure(reply.arrived === "yes" ? reply.reason : "unavailable");
}
