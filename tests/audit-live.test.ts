import { expect, test } from "bun:test";
import { join } from "node:path";

import { openWriter } from "../db/sqlite/open.ts";
import { auditedServicesAt } from "../books/audit/audited-services.ts";
import { liveSource } from "../books/audit/live-source.ts";
import { runAudit } from "../books/audit/run.ts";
import { FileSource } from "../books/audit/store.ts";
import { postOrder } from "../testing/http-client.ts";
import { startMarket, type Market } from "../testing/market.ts";

const sourceOf = ({ services }: Market) =>
  liveSource(auditedServicesAt(services.catalog.url, services.order.url));

/** Orders from several clients at once, until `stop` is called, which resolves with how many were answered. */
function keepOrdering(market: Market): { stop(): Promise<number> } {
  let isStopped = false;
  let answered = 0;
  const client = async (index: number): Promise<void> => {
    const names = ["GameStart", "BoarCo", "MenhirCo", "Nowhere"];
    for (let turn = index; !isStopped; turn += 1) {
      const type = turn % 2 === 0 ? "buy" : "sell";
      const reply = await postOrder(market.url, { name: names[turn % 4]!, type, quantity: 1 + (turn % 7) });
      await reply.text();
      answered += 1;
    }
  };
  const clients = Array.from({ length: 16 }, (_, index) => client(index));
  return {
    async stop() {
      isStopped = true;
      await Promise.all(clients);
      return answered;
    },
  };
}

test("an audit finds the books true while orders flow, live and over the files that the services hold", async () => {
  await using market = await startMarket({ shape: "services" });
  const orders = keepOrdering(market);
  const files = new FileSource(market.dataDir);
  let audited = 0;
  for (let round = 0; round < 5; round += 1) {
    for (const source of [sourceOf(market), files]) {
      const report = await runAudit(source, { restFactor: 0 });
      expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
      audited = Number(/^[\d,]+/.exec(report.checks[0]?.detail ?? "")?.[0].replaceAll(",", ""));
    }
  }
  files.close();
  const answered = await orders.stop();
  expect(audited).toBeGreaterThan(0);
  expect(answered).toBeGreaterThan(audited);
}, 30_000);

test("an audit sees what is falsified under a running market, and goes on through a restart of its catalog", async () => {
  await using market = await startMarket({ shape: "services" });
  await postOrder(market.url, { name: "BoarCo", type: "buy", quantity: 3 });
  const db = openWriter(join(market.dataDir, "catalog.db"), { synchronous: "NORMAL" });
  db.exec("UPDATE stocks SET quantity = quantity + 1 WHERE name = 'BoarCo'");
  db.exec("INSERT INTO refusals SELECT order_id, fingerprint, 'price_changed', at FROM trades");
  db.close();

  await market.end("catalog", "SIGKILL");
  const running = runAudit(sourceOf(market));
  await market.start("catalog");
  const { checks } = await running;
  expect(checks.filter(({ ok }) => !ok)).toEqual([
    { name: "conservation", ok: false, detail: "BoarCo: quantity is 98 at version 2, its log gives 97" },
    { name: "outcomes", ok: false, detail: "trade 1: its order is among the refusals too" },
  ]);
}, 30_000);
