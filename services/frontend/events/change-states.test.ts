import { expect, test } from "bun:test";

import type { Change } from "../../contract/change.ts";
import type { StockChange } from "../../contract/feed.ts";
import { ok } from "../../contract/reply.ts";
import { openMarket } from "../market.fixture.ts";
import { changesWithStates } from "./change-states.ts";
import { eventsIn } from "./fake-logs.fixture.ts";

const row: Change = {
  number: 1,
  kind: "opening",
  name: "A",
  price_cents: 1599,
  quantity_delta: 100,
  status: "open",
  stock_version: 1,
  client: null,
  key: null,
  at: 7,
  chain: "",
};
const opened = {
  name: "A",
  price_cents: 1599,
  quantity: 100,
  volume: 0,
  status: "open",
  version: 1,
} as const;
const now = { ...opened, quantity: 40, volume: 60, version: 9 };
const away = { ok: false, arrived: "no" } as const;

/** A catalog with these changes, whose stock is now as `now`. */
function catalogOf(rows: readonly Change[], isStockAway = false) {
  const current = rows.map(({ number, kind, at }): StockChange => ({ number, kind, at, stock: now }));
  const page = <Row extends { number: number }>(log: readonly Row[], after: number, limit: number) => ({
    ok: true as const,
    data: { changes: log.filter(({ number }) => number > after).slice(0, limit) },
  });
  return {
    changes: async (after: number, limit: number) => page(rows, after, limit),
    stockChanges: async (after: number, limit: number) => (isStockAway ? away : page(current, after, limit)),
  };
}

test("an opening has the state that it made, whatever became of the stock", async () => {
  expect(await changesWithStates(catalogOf([row], true), 0, 10)).toEqual(
    ok({ changes: [{ number: 1, kind: "opening", at: 7, stock: opened }] }),
  );
});

test("another change has the current state, and an opening in the same page its own", async () => {
  const restock = { ...row, number: 2, kind: "restock", price_cents: null, status: null } as const;
  const changes = [
    { number: 1, kind: "opening", at: 7, stock: opened },
    { number: 2, kind: "restock", at: 7, stock: now },
  ];
  expect(await changesWithStates(catalogOf([row, restock]), 0, 10)).toEqual(ok({ changes }));
  expect(await changesWithStates(catalogOf([row, restock]), 1, 10)).toEqual(
    ok({ changes: changes.slice(1) }),
  );
});

test("nothing is known while the catalog does not answer", async () => {
  const restock = { ...row, kind: "restock", price_cents: null } as const;
  expect(await changesWithStates(catalogOf([restock], true), 0, 10)).toEqual(away);
  const silent = { changes: async () => away, stockChanges: async () => away };
  expect(await changesWithStates(silent, 0, 10)).toEqual(away);
});

test("a replay from 0-0 adds up: each trade follows from the state before it", async () => {
  await using market = await openMarket();
  for (const [type, quantity] of [
    ["buy", 3],
    ["sell", 5],
    ["buy", 100],
  ])
    expect((await market.post({ name: "A", type, quantity })).status).toBe(200);
  market.reportHeads();
  const response = await market.app.handle(new Request("http://localhost/events?after=0-0"));
  const reader = response.body!.getReader();
  let text = "";
  while (!text.includes("id: 3-1\n")) text += new TextDecoder().decode((await reader.read()).value);
  await reader.cancel();

  const [hello, stock, ...trades] = eventsIn(text);
  expect([hello?.event, stock?.event]).toEqual(["hello", "stock"]);
  let { quantity, version } = stock!.data as { quantity: number; version: number };
  expect([quantity, stock?.data["volume"], version]).toEqual([100, 0, 1]);
  for (const { data } of trades) {
    const sign = data["type"] === "buy" ? -1 : 1;
    quantity += sign * Number(data["quantity"]);
    version += 1;
    expect([data["quantity_after"], data["stock_version"]]).toEqual([quantity, version]);
  }
  expect((await market.ask("/stocks/A")).body.data).toMatchObject({ quantity, version });
});
