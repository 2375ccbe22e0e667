import { Elysia, sse, t } from "elysia";

import type { LedgerEvent } from "../contract/feed.ts";
import type { LedgerHead } from "../contract/heads.ts";
import { limits } from "../contract/limits.ts";
import { SubmitRequest, type SubmitReply } from "../contract/order.ts";
import { newest } from "../contract/stock.ts";
import { OrderType, type Trade } from "../contract/trade.ts";
import type { Broadcast } from "../runtime/feed/broadcast.ts";
import { HttpFailure } from "../runtime/http/http-failure.ts";
import { jsonOnly } from "../runtime/http/json-body.ts";
import type { OrderIntake } from "./intake.ts";
import type { LedgerFilter, LedgerStore } from "./store.ts";

export interface OrderDeps {
  desk: OrderIntake;
  ledger: LedgerStore;
  feed: Broadcast<LedgerEvent>;
  /** Whether the ledger held the whole log at least once. */
  isComplete(): boolean;
  /** Whether it is known that no trade has this number. */
  hasNoTrade(number: number): Promise<boolean>;
}

/** Calls between services: what the frontend submits, and what it reads of the ledger. */
export function orderRoutes({ desk, ledger, feed, isComplete, hasNoTrade }: OrderDeps) {
  return new Elysia({ name: "order-routes", normalize: false })
    .post(
      "/orders",
      async ({ body }): Promise<SubmitReply> => {
        const answers = await Promise.all(
          body.orders.map(({ timeout_ms, ...order }) => desk.submit(order, timeout_ms)),
        );
        const stocks = newest(answers.flatMap(({ stock }) => stock ?? []));
        return { outcomes: answers.map(({ outcome }) => outcome), stocks };
      },
      { parse: [jsonOnly, "json"], body: SubmitRequest },
    )
    .get("/head", async (): Promise<LedgerHead> => {
      const [market, head] = await Promise.all([ledger.market(), ledger.head()]);
      return { market: market ?? null, ledger: head };
    })
    .get("/feed", async function* ({ request }) {
      for await (const event of await feed.subscribe(request.signal)) yield sse({ data: event });
    })
    .get(
      "/ledger/:number",
      async ({ params }) => {
        const trade = await ledger.trade(params.number);
        if (trade) return trade;
        throw new HttpFailure((await hasNoTrade(params.number)) ? "order_not_found" : "unavailable");
      },
      { params: t.Object({ number: t.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }) },
    )
    .get(
      "/ledger",
      async ({ query: { after, limit, name, type, client } }) => {
        if (!isComplete()) throw new HttpFailure("unavailable");
        return page(ledger, after, limit, { name, type, client });
      },
      {
        query: t.Object({
          after: t.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
          limit: t.Integer({ minimum: 1, maximum: limits.pageItems }),
          name: t.Optional(t.String()),
          type: t.Optional(OrderType),
          client: t.Optional(t.String()),
        }),
      },
    );
}

/** A page that took longer ends early, with the cursor to go on from. */
const maxPageMs = 500;

async function page(ledger: LedgerStore, after: number, limit: number, filter: LedgerFilter) {
  const trades: Trade[] = [];
  const started = performance.now();
  let next: number | null = after;
  while (next !== null && trades.length < limit && performance.now() - started < maxPageMs) {
    const window = await ledger.window(next, limit - trades.length, filter);
    trades.push(...window.trades);
    next = window.next;
    await Bun.sleep(0);
  }
  return { trades, next };
}
