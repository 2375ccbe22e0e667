// Cases over CatalogReads.
import assert from "node:assert/strict";

import { changeChain } from "../../services/contract/change.ts";
import { orderLike } from "../../services/contract/order.fixture.ts";
import { genesisOf, originOf } from "../../services/contract/trade.ts";
import type { StoreCase } from "./harness.ts";
import { catalogCase } from "./played-market.ts";

const named = (name: string) => ({ name, priceCents: 100, quantity: 5 });
const names = ["b", "A", "a", "B", "-", ".9", "A.", "A-"];

export const readCases: readonly StoreCase[] = [
  catalogCase(
    "stocks page by name in byte order, each once, and end",
    async ({ reads }) => {
      const seen: string[] = [];
      for (let after = "", length = 3; length === 3;) {
        const page = await reads.stocks(after, 3);
        seen.push(...page.map(({ name }) => name));
        after = page.at(-1)?.name ?? "";
        length = page.length;
      }
      assert.deepEqual(seen, ["-", ".9", "A", "A-", "A.", "B", "a", "b"]);
      assert.deepEqual(await reads.stocks("b", 3), []);
    },
    names.map(named),
  ),

  catalogCase("a stock is found by its exact name only", async ({ reads, catalog }) => {
    assert.equal((await reads.stock("A"))?.name, "A");
    for (const name of ["a", "A ", "A' OR '1'='1", ""])
      assert.deepEqual(await catalog.reads.stock(name), {
        ok: false,
        arrived: "yes",
        reason: "stock_not_found",
      });
  }),

  catalogCase("the trade log pages by number, in order, as it was decided", async (market) => {
    await market.decide(...Array.from({ length: 5 }, (_, index) => orderLike({ key: `!${index}~"'` })));
    assert.deepEqual(
      (await market.reads.trades(2, 2)).map((row) => ({ ...row })),
      market.ledger.slice(2, 4),
    );
    assert.deepEqual(await market.reads.trades(5, 2), []);
  }),

  catalogCase(
    "the change log begins with each stock's opening, chained from the origin",
    async ({ reads }) => {
      let chain = genesisOf("m");
      const changes = await reads.changes(0, 10);
      for (const [index, name] of ["B", "A"].entries()) {
        const opening = {
          number: index + 1,
          kind: "opening" as const,
          name,
          price_cents: 100,
          quantity_delta: 5,
          status: "open" as const,
          stock_version: 1,
          client: null,
          key: null,
          at: 1_000,
        };
        chain = changeChain(chain, opening);
        assert.deepEqual({ ...changes[index] }, { ...opening, chain });
      }
      assert.equal(changes.length, 2);
      assert.deepEqual((await reads.heads()).changes, { number: 2, chain });
      assert.deepEqual((await reads.changes(1, 10)).length, 1);
    },
    [named("B"), named("A")],
  ),

  catalogCase("a change comes with its stock's current state", async (market) => {
    await market.decide(orderLike());
    const [change, ...others] = await market.reads.stockChanges(0, 10);
    assert.deepEqual(others, []);
    assert.deepEqual(change, {
      number: 1,
      kind: "opening",
      at: 1_000,
      stock: { name: "A", price_cents: 1599, quantity: 99, volume: 1, status: "open", version: 2 },
    });
  }),

  catalogCase("the heads of a new market are its origin and its last opening", async ({ reads }) => {
    const { market, trades, changes } = await reads.heads();
    assert.deepEqual({ ...market }, { market_id: "m", incarnation: 1, epoch: 0 });
    assert.deepEqual(trades, originOf("m"));
    assert.equal(changes.number, 1);
  }),

  catalogCase("no order is both traded and refused", async (market) => {
    const order = orderLike({ quantity: 1_000 });
    await market.decide(order, orderLike(), order, orderLike({ name: "Nowhere" }));
    assert.deepEqual(await market.reads.overlaps(0, 100), []);
  }),
];
