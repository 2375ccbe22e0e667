import { expect, test } from "bun:test";
import { copyFileSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { startMarket, type Market } from "../testing/market.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { until } from "../testing/until.ts";

const variables = { BOURSE_ORDER_TIMEOUT_MS: "800" };

const buy = (market: Market, key: string) =>
  fetch(`${market.url}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify({ name: "GameStart", type: "buy", quantity: 1 }),
  });

const isReady = async (market: Market): Promise<boolean> => (await fetch(`${market.url}/readyz`)).ok;

/** No order is acknowledged any more, the market is unready, and its log says which file is lost. */
async function expectNoAcknowledgement(market: Market, file: string): Promise<void> {
  for (const key of ["lost-1", "lost-2"]) {
    const response = await buy(market, key);
    expect(response.status).toBe(503);
    const { error } = (await response.json()) as { error: { reason: string } };
    expect(["outcome_unknown", "unavailable"]).toContain(error.reason);
  }
  expect(await isReady(market)).toBe(false);
  const lines = market.processes().flatMap(({ lines: logged }) => logged);
  expect(lines.filter((line) => line.includes(`${file} was deleted, moved or replaced`))).not.toEqual([]);
  for (const { process } of market.processes()) expect(process.exitCode).toBeNull();
}

test.each<[what: string, file: string, lose: (dataDir: string) => void]>([
  ["the data folder is deleted", "catalog.db", (dataDir) => rmSync(dataDir, { recursive: true })],
  ["the catalog is deleted", "catalog.db", (dataDir) => rmSync(join(dataDir, "catalog.db"))],
  ["the ledger is deleted", "order.db", (dataDir) => rmSync(join(dataDir, "order.db"))],
  [
    "the catalog's write-ahead log is deleted",
    "catalog.db-wal",
    (dataDir) => rmSync(join(dataDir, "catalog.db-wal")),
  ],
  ["a copy takes the catalog's place", "catalog.db", (dataDir) => copyOver(join(dataDir, "catalog.db"))],
])(
  "no order is acknowledged once %s",
  async (_what, file, lose) => {
    using folder = temporaryFolder();
    const dataDir = join(folder.path, "data");
    await using market = await startMarket({ dataDir, variables });
    expect((await buy(market, "before")).status).toBe(200);
    lose(dataDir);
    await expectNoAcknowledgement(market, file);
  },
  60_000,
);

function copyOver(path: string): void {
  copyFileSync(path, `${path}.copy`);
  renameSync(`${path}.copy`, path);
}

test("a data folder that is moved away and put back: the order of before the move and those in between trade once", async () => {
  using folder = temporaryFolder();
  const [dataDir, elsewhere] = [join(folder.path, "data"), join(folder.path, "elsewhere")];
  await using market = await startMarket({ dataDir, variables });
  expect((await buy(market, "before")).status).toBe(200);
  renameSync(dataDir, elsewhere);
  await expectNoAcknowledgement(market, "catalog.db");
  renameSync(elsewhere, dataDir);
  await until(() => isReady(market), 30_000, "the market is ready again");
  for (const key of ["before", "lost-1", "lost-2", "after"]) expect((await buy(market, key)).ok).toBe(true);
  const stock = (await (await fetch(`${market.url}/stocks/GameStart`)).json()) as { data: unknown };
  expect(stock.data).toMatchObject({ quantity: 96 });
}, 60_000);

test("a market whose folder was replaced by another is unready before any order comes", async () => {
  using folder = temporaryFolder();
  const dataDir = join(folder.path, "data");
  await using market = await startMarket({ dataDir, variables });
  renameSync(dataDir, join(folder.path, "elsewhere"));
  mkdirSync(dataDir);
  await until(async () => !(await isReady(market)), 5_000, "the market is unready");
}, 60_000);
