import { expect, test } from "bun:test";
import { join } from "node:path";

import { openWriter } from "../db/sqlite/open.ts";
import { runAudit } from "../books/audit/run.ts";
import { FileSource } from "../books/audit/store.ts";
import { postOrder, type OrderBody } from "../testing/http-client.ts";
import { serviceNames, startMarket } from "../testing/market.ts";

const order: OrderBody = { name: "BoarCo", type: "sell", quantity: 1 };

test("a start looks at the head of the books alone, however long they are: what is wrong further down is the audit's to find", async () => {
  await using market = await startMarket();
  for (let number = 1; number <= 5; number += 1) await (await postOrder(market.url, order)).text();
  await Promise.all(serviceNames.map((name) => market.end(name, "SIGTERM")));
  for (const [file, table] of [
    ["catalog.db", "trades"],
    ["order.db", "ledger"],
  ] as const) {
    const db = openWriter(join(market.dataDir, file), { synchronous: "NORMAL" });
    db.exec(`UPDATE ${table} SET quantity = 1000, chain = zeroblob(32) WHERE number = 3`);
    db.close();
  }

  for (const name of serviceNames) await market.start(name);
  await market.ready();
  const { data } = (await (await postOrder(market.url, order)).json()) as {
    data: { transaction_number: number };
  };
  expect(data.transaction_number).toBe(6);

  const files = new FileSource(market.dataDir);
  const { checks } = await runAudit(files).finally(() => files.close());
  const wrong = checks.filter(({ ok }) => !ok).map(({ name }) => name);
  expect(wrong).toEqual(["conservation", "replay", "trade_chain"]);
}, 30_000);
