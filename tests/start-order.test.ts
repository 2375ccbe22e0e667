import { expect, test } from "bun:test";

import { faultsIn, readBooks, undoneFaults, type Books } from "../testing/auditor.ts";
import { askOnce, reasonOf, startClients } from "../testing/keyed-client.ts";
import { postOrder, type OrderBody } from "../testing/http-client.ts";
import { startMarket, type Market, type ServiceName } from "../testing/market.ts";
import { until } from "../testing/until.ts";

const order: OrderBody = { name: "BoarCo", type: "buy", quantity: 1 };

/** A market of which nothing runs and nothing is stored. */
const emptyMarket = (variables: Record<string, string> = {}): Promise<Market> =>
  startMarket({ shape: "services", started: false, variables });

/** The books once the ledger has caught up: trades of a client that has disconnected are pulled in the background. */
async function settledBooks(dataDir: string): Promise<Books> {
  await until(async () => {
    const { trades, ledger } = readBooks(dataDir);
    return trades.length === ledger.length;
  });
  return readBooks(dataDir);
}

async function expectUnavailable(answer: Promise<Response>): Promise<void> {
  const response = await answer;
  expect(response.status).toBe(503);
  expect((await response.json()).error.reason).toBe("unavailable");
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
}

/**
 * The final answer to an order: it is sent again while a frontend that had no reply in time answers outcome_unknown.
 */
async function answerInTime(url: string): Promise<Response> {
  for (;;) {
    const response = await postOrder(url, order);
    const { error } = await response.clone().json();
    if (error?.reason !== "outcome_unknown") return response;
  }
}

test("a frontend alone, or with an order service, says that it is unavailable until the catalog comes", async () => {
  await using market = await emptyMarket({ BOURSE_ORDER_TIMEOUT_MS: "1000" });
  for (const name of ["frontend", "order"] as const) {
    await market.start(name);
    expect((await fetch(`${market.url}/healthz`)).status).toBe(200);
    await expectUnavailable(fetch(`${market.url}/readyz`));
    await expectUnavailable(fetch(`${market.url}/stocks/BoarCo`));
    await expectUnavailable(fetch(`${market.url}/orders`));
    await expectUnavailable(answerInTime(market.url));
  }
  await market.start("catalog");
  await market.ready();
  const response = await postOrder(market.url, order);
  expect((await response.json()).data.transaction_number).toBe(1);
}, 30_000);

test.each<ServiceName[]>([
  ["frontend", "catalog", "order"],
  ["order", "frontend", "catalog"],
  ["order", "catalog", "frontend"],
  ["catalog", "frontend", "order"],
])(
  "the services find each other when they start in the order %s, %s, %s",
  async (...names) => {
    await using market = await emptyMarket();
    for (const name of names) await market.start(name);
    await market.ready();
    expect((await postOrder(market.url, order)).status).toBe(200);
  },
  30_000,
);

test.each(["SIGTERM", "SIGKILL"] as const)(
  "clients see no failure but 503 while the catalog ends by %s and starts again",
  async (signal) => {
    await using market = await startMarket({
      shape: "services",
      variables: { BOURSE_ORDER_TIMEOUT_MS: "500" },
    });
    const clients = startClients(16, (input, key) => askOnce(market.url, input, key));
    for (const downMs of [0, 100, 800]) {
      await Bun.sleep(150);
      await market.end("catalog", signal);
      await Bun.sleep(downMs);
      await market.start("catalog");
      await market.ready();
    }
    const answers = await clients.stop();

    const statuses = new Set(answers.map(({ status }) => status));
    expect(statuses.difference(new Set([200, 400, 404, 503]))).toEqual(new Set());
    const failures = new Set(answers.filter(({ status }) => status === 503).map(reasonOf));
    expect(failures.difference(new Set(["unavailable", "outcome_unknown", "overloaded"]))).toEqual(new Set());
    expect(failures.size).toBeGreaterThan(0);
    const books = await settledBooks(market.dataDir);
    expect(faultsIn(books)).toEqual([]);
    expect(undoneFaults(books, answers)).toEqual([]);
  },
  30_000,
);
