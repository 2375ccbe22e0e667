import { expect, test } from "bun:test";

import { loadTool } from "../../testing/load/load-tool.ts";
import { startReaders, watchLogs } from "../../testing/constant-readers.ts";
import { startMarket } from "../../testing/market.ts";

const batchOrders = 1_000;
/** The size of a log while a snapshot is held for the whole time: 15 MB or more. */
const leastOrders = 40_000;
/** SQLite starts a log over at 4 MB. */
const mostBytes = 10e6;

test("the write-ahead logs stay small under constant readers", async () => {
  await using market = await startMarket({ shape: "services" });
  using logs = watchLogs(market.dataDir);
  const readers = startReaders(market);
  const order = { name: "GameStart", type: "sell", quantity: 1 };
  const body = JSON.stringify({ orders: Array.from({ length: batchOrders }, () => order) });
  const requests = { path: "/orders/batch", bodies: [body] };
  const hasReadAll = (): boolean => Object.values(readers.reads).every((count) => count > 0);
  for (let orders = 0; orders < leastOrders || !hasReadAll();)
    orders +=
      (await loadTool().run(market.url, requests, { seconds: 1, connections: 2 })).answered * batchOrders;
  await readers.stop();
  expect(logs.mostBytes.catalog).toBeLessThan(mostBytes);
  expect(logs.mostBytes.order).toBeLessThan(mostBytes);
}, 120_000);
