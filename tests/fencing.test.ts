import { expect, test } from "bun:test";

import { peerHeaders } from "../services/runtime/http/wire-version.ts";
import { answerFaults, faultsIn, readBooks, undoneFaults } from "../testing/auditor.ts";
import { askOnce, askUntilOutcome, reasonOf, startClients } from "../testing/keyed-client.ts";
import { isFenced } from "../testing/fenced.ts";
import { startMarket, startService, type Market } from "../testing/market.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { until } from "../testing/until.ts";

const variables = { BOURSE_ORDER_TIMEOUT_MS: "1000" };

/** A second order service with a folder of its own, and a frontend that speaks to it, on the market's catalog. */
async function startSuccessor(
  market: Market,
): Promise<AsyncDisposable & { url: string; orderUrl: string; dataDir: string }> {
  const folder = temporaryFolder();
  const dataDir = folder.path;
  const shared = { ...variables, BOURSE_DATA_DIR: dataDir, CATALOG_URL: market.services.catalog.url };
  const order = await startService("order", { ...shared, ORDER_PORT: "0" });
  const frontend = await startService("frontend", { ...shared, FRONTEND_PORT: "0", ORDER_URL: order.url });
  return {
    url: frontend.url,
    orderUrl: order.url,
    dataDir,
    async [Symbol.asyncDispose]() {
      for (const { process } of [frontend, order]) {
        process.kill("SIGKILL");
        await process.exited;
      }
      folder[Symbol.dispose]();
    },
  };
}

test("an order service that a newer one replaced stays up, unready and says why, decides nothing, and ends with 0", async () => {
  await using market = await startMarket({ shape: "services", variables });
  const order = { name: "BoarCo", type: "buy", quantity: 1 } as const;
  const first = await askUntilOutcome(market.url, order, "before");
  await using successor = await startSuccessor(market);
  await until(async () => (await fetch(`${successor.url}/readyz`)).ok);

  const turnedAway = await askOnce(market.url, order, "between");
  expect(await isFenced(market.services.order.url)).toBe(true);
  expect(["outcome_unknown", "unavailable"]).toContain(reasonOf(turnedAway) ?? "traded");
  expect(readBooks(market.dataDir, successor.dataDir).trades).toHaveLength(1);

  expect(await askOnce(successor.url, order, "before")).toMatchObject({ text: first.text, replayed: true });
  const second = await askOnce(successor.url, order, "between");
  expect(JSON.parse(second.text).data.transaction_number).toBe(2);

  const { order: older } = market.services;
  expect(reasonOf(await askOnce(market.url, order, "later"))).toBe("unavailable");
  const statusOf = async (path: string) =>
    (await fetch(`${older.url}${path}`, { headers: peerHeaders(undefined) })).status;
  expect(await statusOf("/ledger/1")).toBe(200);
  expect(await statusOf("/ledger/2")).toBe(503);
  expect(older.lines.filter((line) => line.includes("has taken over"))).toHaveLength(1);
  expect(await isFenced(successor.orderUrl)).toBe(false);
  expect(await market.end("order", "SIGTERM")).toBe(0);
}, 30_000);

test("orders under way when a newer order service takes the lead are not doubled, and go on through it", async () => {
  await using market = await startMarket({ shape: "services", variables });
  const clients = startClients(8, (order, key) => askOnce(market.url, order, key));
  await until(async () => clients.answers.length > 100);
  await using successor = await startSuccessor(market);
  await until(() => isFenced(market.services.order.url));
  await until(async () => clients.answers.some(({ status }) => status === 503));
  const answers = await clients.stop();

  const unanswered = answers.filter(({ status }) => status === 503);
  expect(new Set(unanswered.map(reasonOf)).difference(new Set(["outcome_unknown", "unavailable"]))).toEqual(
    new Set(),
  );
  expect(undoneFaults(readBooks(market.dataDir, successor.dataDir), answers)).toEqual([]);

  const outcomes = await Promise.all(
    answers.map(({ order, key }) => askUntilOutcome(successor.url, order, key)),
  );
  for (const [index, { status, text }] of answers.entries())
    if (status !== 503) expect(outcomes[index]).toMatchObject({ status, text, replayed: true });

  const books = readBooks(market.dataDir, successor.dataDir);
  expect(faultsIn(books)).toEqual([]);
  expect(answerFaults(books, outcomes)).toEqual([]);
  const { ledger: olderLedger } = readBooks(market.dataDir);
  expect(olderLedger).toEqual(books.trades.slice(0, olderLedger.length));
}, 30_000);
