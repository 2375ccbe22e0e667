import { expect, test } from "bun:test";

import { createClient, type MarketEvent } from "../client/sdk/client.ts";
import { askUntilOutcome, startClients } from "../testing/keyed-client.ts";
import { serviceNames, startMarket, type Market } from "../testing/market.ts";
import { until } from "../testing/until.ts";

const killsEach = 3;
const minTrades = 100;

test("the SDK's events have every trade once and in order, whatever is killed", async () => {
  await using market = await startMarket();
  const client = createClient({ baseUrl: market.url });
  const leave = new AbortController();
  const seen: MarketEvent[] = [];
  const following = (async () => {
    for await (const event of client.events({ after: "0-0", signal: leave.signal })) seen.push(event);
  })();
  const traders = startClients(4, (order, key) => askUntilOutcome(market.url, order, key));
  await killInTurn(market);
  await until(async () => tradesIn(seen).length > minTrades, 60_000, `${minTrades} trades are seen`);
  await traders.stop();

  const ledger = await Array.fromAsync(client.orders.list());
  const isAtHead = async () => tradesIn(seen).at(-1)?.number === ledger.length;
  await until(isAtHead, 15_000, "the events reach the ledger's head");
  leave.abort();
  await following;

  expect(seen.map(({ type }) => type)).not.toContain("reset");
  expect(seen[0]).toMatchObject({ type: "hello", id: "0-0" });
  const trades = tradesIn(seen);
  expect(trades.map(({ quantity_after: _after, stock_version: _version, ...order }) => order)).toEqual(
    ledger,
  );
  expect(ledger.map(({ number }) => number)).toEqual(ledger.map((_, index) => index + 1));

  const { data: stocks } = await client.stocks.list();
  const openings = seen.filter((event) => event.type === "stock").map(({ data }) => data);
  expect(openings.map(({ name }) => name).toSorted()).toEqual(stocks?.map(({ name }) => name) ?? []);
  for (const { name, version } of stocks ?? [])
    expect(trades.findLast((one) => one.name === name)?.stock_version ?? 1).toBe(version);
  console.log(`${killsEach * serviceNames.length} kills, ${ledger.length} trades followed`);
}, 180_000);

const tradesIn = (events: readonly MarketEvent[]) =>
  events.filter((event) => event.type === "trade").map(({ data }) => data);

/** Each service in turn. Every other time the next one dies before the market has recovered. */
async function killInTurn(market: Market): Promise<void> {
  const victims = Array.from({ length: killsEach }, () => serviceNames).flat();
  for (const [index, name] of victims.entries()) {
    await Bun.sleep(100 + Math.random() * 300);
    await market.end(name, "SIGKILL");
    await Bun.sleep(Math.random() * 200);
    await market.start(name);
    if (index % 2 === 0) await market.ready();
  }
  await market.ready();
}
