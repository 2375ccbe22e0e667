import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { ask } from "../testing/http-client.ts";
import type { MarketOptions } from "../testing/market.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { startBourse, type Contender, type Start } from "./contenders.ts";
import { stockNameAt } from "./growth/stocks.ts";
import type { BenchOptions } from "./options.ts";
import { lookup, olderRelease, oneProcess, threeProcesses, type Comparison, type Workload } from "./plan.ts";

const fewStocks = 10;
/** The cache of a frontend holds 100,000 stocks. In a quick run fewer are looked up, which takes seconds. */
const manyStocks = { full: 99_000, quick: 9_000 };
const neverLookedUp = 1_000;
/** The most that the time may grow. */
const timesFew = 1.1;
const fillConnections = 64;
const attempts = 3;

const few = (market: string): string => `${market}, ${fewStocks} stocks`;

export interface HotMeasurement {
  workload: Workload;
  starts: Record<string, Start>;
  comparisons: Comparison[];
}

/**
 * Lookups of one stock by 64 connections, when the frontend's cache holds ten stocks and when it is almost full: the
 * time of a hit must not depend on the number of stocks in the cache. `beside` is an older checkout to measure too.
 */
export function hotMeasurement({ quick, beside }: Pick<BenchOptions, "quick" | "beside">): HotMeasurement {
  const cached = quick ? manyStocks.quick : manyStocks.full;
  const many = (market: string): string => `${market}, ${cached.toLocaleString("en")} cached`;
  const markets: [name: string, options: MarketOptions][] = [
    [threeProcesses, {}],
    [oneProcess, { shape: "one-process" }],
    ...(beside === undefined ? [] : [[olderRelease, { codeDir: beside }] as [string, MarketOptions]]),
  ];
  const workload = {
    name: "lookups of one stock, by stocks in the cache, 64 connections",
    group: "hot",
    requests: lookup,
    connections: 64,
    ordersPerRequest: 0,
    contenders: markets.flatMap(([name]) => [few(name), many(name)]),
    yardstick: few(threeProcesses),
  } as const;
  return {
    workload,
    starts: Object.fromEntries(
      markets.flatMap(([name, options]) => [
        [few(name), () => startCached(fewStocks, fewStocks, options)],
        [many(name), () => startCached(cached + neverLookedUp, cached, options)],
      ]),
    ),
    comparisons: markets.map(([name]) => ({
      workload: workload.name,
      of: many(name),
      against: few(name),
      figure: "time",
      // The older release is in the report for information.
      ...(name !== olderRelease && { bound: timesFew }),
    })),
  };
}

/** A market whose frontend has looked up its first stocks, each once, and has them in its cache during each round. */
async function startCached(stocks: number, cached: number, options: MarketOptions): Promise<Contender> {
  using folder = temporaryFolder();
  const file = join(folder.path, "stocks.csv");
  const names = Array.from({ length: stocks }, (_, index) => stockNameAt(index));
  writeFileSync(file, `name,price,quantity\n${names.map((name) => `${name},10.00,100\n`).join("")}`);
  const market = await startBourse({ ...options, variables: { BOURSE_STOCKS_FILE: file } });
  const last = names[cached - 1] ?? "";
  let isFilled = false;
  return {
    async run(workload, seconds) {
      for (let attempt = 1; attempt <= attempts; attempt += 1) {
        if (!isFilled) await lookUpAll(market.url, names.slice(0, cached));
        const round = await market.run(workload, seconds);
        // A frontend whose feed was interrupted has emptied its cache. Such a round is repeated.
        isFilled = await isCached(market.url, last);
        if (isFilled) return round;
      }
      throw new Error(`the cache was emptied in each of ${attempts} rounds`);
    },
    orders: () => undefined,
    [Symbol.asyncDispose]: () => market[Symbol.asyncDispose](),
  };
}

async function isCached(url: string, name: string): Promise<boolean> {
  const response = await ask(url, `/stocks/${name}`);
  await response.body?.cancel();
  return response.headers.get("x-cache") === "hit";
}

async function lookUpAll(url: string, names: readonly string[]): Promise<void> {
  const queue = names.values();
  const lookUp = async (): Promise<void> => {
    for (const name of queue) {
      const response = await ask(url, `/stocks/${name}`);
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`the lookup of ${name} was answered with ${response.status}`);
    }
  };
  await Promise.all(Array.from({ length: fillConnections }, lookUp));
}
