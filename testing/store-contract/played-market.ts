import assert from "node:assert/strict";

import type { BatchReply } from "../../services/contract/batch-reply.ts";
import type { BatchRequest, Order } from "../../services/contract/order.ts";
import { originOf, type LogHead, type Trade } from "../../services/contract/trade.ts";
import { rowsOf } from "../../services/order/rules.ts";
import { committed, dataOf } from "../committed.ts";
import type { CatalogUnderTest, OpenedStock, StoreCase } from "./harness.ts";

const marketId = "m";

/** A catalog under test, with the order service's side of it: the epoch and the ledger. */
export class PlayedMarket {
  readonly catalog: CatalogUnderTest;
  epoch = 0;
  /** Every trade that `decide` got, made from the replies as an order service makes them. */
  readonly ledger: Trade[] = [];

  constructor(catalog: CatalogUnderTest) {
    this.catalog = catalog;
  }

  get head(): LogHead {
    const { number, chain } = this.ledger.at(-1) ?? originOf(marketId);
    return { number, chain };
  }

  /** What is committed, without replies around it. */
  get reads(): ReturnType<typeof committed> {
    return committed(this.catalog.reads);
  }

  request(orders: Order[], given: Partial<BatchRequest> = {}): BatchRequest {
    return { market_id: marketId, incarnation: 1, epoch: this.epoch, ledger: this.head, orders, ...given };
  }

  /** Decides a batch and appends its rows. Throws when the catalog refuses the batch or its rows do not fit. */
  async decide(...orders: Order[]): Promise<BatchReply> {
    const reply = dataOf(await this.catalog.writes.decide(this.request(orders)));
    const rows = rowsOf(this.head, orders, reply);
    if (typeof rows === "string") assert.fail(`the rows of the reply are a ${rows}`);
    this.ledger.push(...rows);
    return reply;
  }

  /** Everything that can be read: equal before and after means that nothing was written. */
  async everything(): Promise<unknown> {
    const { reads } = this;
    return [
      await reads.heads(),
      await reads.stocks("", 1_000),
      await reads.trades(0, 1_000),
      await reads.changes(0, 1_000),
    ];
  }
}

export const openingA: readonly OpenedStock[] = [{ name: "A", priceCents: 1599, quantity: 100 }];

/** A case on a new market with these stocks. */
export function catalogCase(
  name: string,
  check: (market: PlayedMarket) => Promise<void>,
  opening: readonly OpenedStock[] = openingA,
): StoreCase {
  return {
    name: `catalog: ${name}`,
    async run(engine) {
      const catalog = await engine.openCatalog(marketId, opening);
      try {
        await check(new PlayedMarket(catalog));
      } finally {
        await catalog.dispose();
      }
    },
  };
}

/** The kinds of the decisions of a reply, for a short comparison. */
export function kindsOf({ decisions }: BatchReply): string[] {
  return decisions.map((decision) =>
    decision.kind === "failed" || decision.kind === "refused" ? decision.reason : decision.kind,
  );
}
