import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { postOrder } from "../testing/http-client.ts";
import { startMarket, type Market } from "../testing/market.ts";
import { until } from "../testing/until.ts";

const clientCount = 8;
const ordersEach = 60;

interface Seen {
  use: string | null;
  version: number;
  volume: number;
}

async function lookUp(market: Market, name: string, headers: Record<string, string> = {}): Promise<Seen> {
  const response = await fetch(`${market.url}/stocks/${name}`, {
    headers,
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const { data } = (await response.json()) as { data: { version: number; volume: number } };
  return { use: response.headers.get("x-cache"), version: data.version, volume: data.volume };
}

async function sell(market: Market, name: string, quantity: number): Promise<void> {
  const response = await postOrder(market.url, { name, type: "sell", quantity });
  expect(response.status).toBe(200);
  await response.text();
}

/**
 * Each client sells of a stock of its own and of one that all share. A stock's volume shows which orders a lookup
 * shows: of its own all of this client's and no other, of the shared one at least this client's.
 */
async function tradeAndRead(market: Market, client: number): Promise<(string | null)[]> {
  const own = [
    "RottenFishCo",
    "BoarCo",
    "MenhirCo",
    "CaesarTech",
    "Reneium",
    "Goscinnyium",
    "PiloteCo",
    "DogmatixCo",
  ];
  const stocks = [
    { name: own[client] ?? "", sold: 0, version: 0, isOwn: true },
    { name: "GameStart", sold: 0, version: 0, isOwn: false },
  ];
  const uses: (string | null)[] = [];
  for (let order = 0; order < ordersEach; order += 1) {
    const stock = stocks[order % 2]!;
    const quantity = 1 + (order % 7);
    await sell(market, stock.name, quantity);
    stock.sold += quantity;
    for (const { use, version, volume } of [
      await lookUp(market, stock.name),
      await lookUp(market, stock.name, { "cache-control": "no-cache" }),
      await lookUp(market, stock.name),
    ]) {
      if (stock.isOwn) expect(volume).toBe(stock.sold);
      expect(volume).toBeGreaterThanOrEqual(stock.sold);
      expect(version).toBeGreaterThanOrEqual(stock.version);
      stock.version = version;
      uses.push(use);
    }
  }
  return uses;
}

const clients = Array.from({ length: clientCount }, (_, client) => client);

describe.each(["on", "off"])("with BOURSE_CACHE %s", (cache) => {
  let market: Market;
  beforeAll(async () => {
    market = await startMarket({ variables: { BOURSE_CACHE: cache } });
  }, 15_000);
  afterAll(() => market?.stop());

  test("after an order's answer a lookup shows that order or later, and no lookup goes back", async () => {
    const uses = (await Promise.all(clients.map((client) => tradeAndRead(market, client)))).flat();
    if (cache === "off") expect(new Set(uses)).toEqual(new Set(["bypass"]));
    else expect(uses.filter((use) => use === "hit").length).toBeGreaterThan(uses.length / 10);
  }, 30_000);

  test("Cache-Control: no-cache asks the catalog itself", async () => {
    for (let round = 0; round < 5; round += 1) {
      await lookUp(market, "LutetiaTech");
      expect((await lookUp(market, "LutetiaTech", { "cache-control": "no-cache" })).use).toBe("bypass");
    }
  });
});

describe("while its feed is down", () => {
  let market: Market;
  beforeAll(async () => {
    market = await startMarket({ shape: "services" });
  }, 15_000);
  afterAll(() => market?.stop());

  const isHit = async (): Promise<boolean> => (await lookUp(market, "GameStart")).use === "hit";

  test("a catalog that hangs for more than a second gets no stock served as fresh, and hits come back with it", async () => {
    await until(isHit);
    market.services.catalog.process.kill("SIGSTOP");
    try {
      await Bun.sleep(1_100);
      const uses = await Promise.all(
        Array.from({ length: 10 }, async (_, index) => {
          await Bun.sleep(index * 50);
          const response = await fetch(`${market.url}/stocks/GameStart`, {
            signal: AbortSignal.timeout(500),
          });
          return response.headers.get("x-cache");
        }).map((use) => use.catch(() => "no answer")),
      );
      expect(uses).not.toContain("hit");
    } finally {
      market.services.catalog.process.kill("SIGCONT");
    }
    await until(isHit);
  }, 20_000);

  test("a catalog that was killed and is back is asked anew: its first lookups are no hits, and show all that was sold", async () => {
    await until(isHit);
    const { volume } = await lookUp(market, "GameStart");
    await sell(market, "GameStart", 5);
    await market.end("catalog", "SIGKILL");
    await until(async () => !(await isHit().catch(() => false)), 2_000, "no hits without a catalog");
    await market.start("catalog");
    await market.ready();
    await until(isHit);
    expect((await lookUp(market, "GameStart")).volume).toBe(volume + 5);
  }, 20_000);
});
