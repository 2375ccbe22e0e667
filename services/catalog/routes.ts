import { Elysia, sse, t } from "elysia";

import type { BatchReply } from "../contract/batch-reply.ts";
import type { Change } from "../contract/change.ts";
import type { Reason } from "../contract/errors.ts";
import type { CatalogEvent, StockChange } from "../contract/feed.ts";
import type { CatalogHeads } from "../contract/heads.ts";
import { limits } from "../contract/limits.ts";
import { EpochRequest, type Market } from "../contract/market.ts";
import type { BatchRequest } from "../contract/order.ts";
import type { StockState } from "../contract/stock.ts";
import type { Trade } from "../contract/trade.ts";
import type { Broadcast } from "../runtime/feed/broadcast.ts";
import { HttpFailure } from "../runtime/http/http-failure.ts";
import { jsonOnly } from "../runtime/http/json-body.ts";
import { readyJson } from "../runtime/http/ready-json.ts";
import type { DecidedJson } from "./writer/decide-json.ts";

/** What the routes need of the stores. Each method is one whole transaction. */
export interface CatalogDeps {
  reads: {
    stock(name: string): Promise<StockState | undefined>;
    stocks(after: string, limit: number): Promise<StockState[]>;
    trades(after: number, limit: number): Promise<Trade[]>;
    changes(after: number, limit: number): Promise<Change[]>;
    stockChanges(after: number, limit: number): Promise<StockChange[]>;
    overlaps(after: number, limit: number): Promise<number[]>;
    heads(): Promise<CatalogHeads>;
  };
  writes: {
    acquireEpoch(follower: EpochRequest): Promise<Guarded<Market>>;
    /** A BatchRequest, and the BatchReply to it, both as JSON. */
    decide(requestJson: string): Promise<Guarded<DecidedJson>>;
  };
  feed: Broadcast<CatalogEvent>;
}

type Guarded<T> = { ok: true; data: T } | { ok: false; reason: Reason };

const PageLimit = t.Integer({ minimum: 1, maximum: limits.pageItems });
const LogPage = t.Object({
  after: t.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  limit: PageLimit,
});

/** Calls between services: what the frontend looks up, and what the order service has decided and follows. */
export function catalogRoutes({ reads, writes, feed }: CatalogDeps) {
  return new Elysia({ name: "catalog-routes", normalize: false })
    .get("/stocks/:name", async ({ params }) => {
      const stock = await reads.stock(params.name);
      if (!stock) throw new HttpFailure("stock_not_found");
      return stock;
    })
    .get("/stocks", async ({ query }) => ({ stocks: await reads.stocks(query.after, query.limit) }), {
      query: t.Object({ after: t.String(), limit: PageLimit }),
    })
    .get("/trades", async ({ query }) => ({ trades: await reads.trades(query.after, query.limit) }), {
      query: LogPage,
    })
    .get("/changes", async ({ query }) => ({ changes: await reads.changes(query.after, query.limit) }), {
      query: LogPage,
    })
    .get("/overlaps", async ({ query }) => ({ numbers: await reads.overlaps(query.after, query.limit) }), {
      query: LogPage,
    })
    .get("/heads", () => reads.heads())
    .post("/epochs", async ({ body }) => granted(await writes.acquireEpoch(body)), {
      parse: [jsonOnly, "json"],
      body: EpochRequest,
    })
    .post(
      "/batches",
      async ({ body }) => {
        const { json, stocks } = granted(await writes.decide(body as unknown as string));
        if (stocks.length > 0) feed.publish({ kind: "stocks", stocks });
        return readyJson<BatchReply>(json);
      },
      // For clients a BatchRequest; here the text of one, which the writer's thread parses and checks.
      { parse: [jsonOnly, "text"], body: t.Unsafe<BatchRequest>(t.String()) },
    )
    .get(
      "/stock-changes",
      async ({ query }) => ({ changes: await reads.stockChanges(query.after, query.limit) }),
      {
        query: LogPage,
      },
    )
    .get("/feed", async function* ({ request }) {
      for await (const event of feed.follow(request.signal)) yield sse({ data: event });
    });
}

function granted<T>(answer: Guarded<T>): T {
  if (!answer.ok) throw new HttpFailure(answer.reason);
  return answer.data;
}
