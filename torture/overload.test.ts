import { expect, test } from "bun:test";

import { residentMb } from "../testing/load/memory.ts";
import { startLoad } from "../testing/load/open-loop.ts";
import { plentyOfStocks } from "../testing/load/plenty.ts";
import { faultsIn, readBooks } from "../testing/auditor.ts";
import { serviceNames, startMarket } from "../testing/market.ts";

/** More than two processors can take or even refuse, shared as they are with the generator. */
const ratePerSecond = 60_000;
const connections = 4_000;

/** Slowest of the lookups that are asked for one by one until `signal` fires. */
async function lookUntil(url: string, signal: AbortSignal): Promise<number> {
  let slowestMs = 0;
  while (!signal.aborted) {
    const started = performance.now();
    expect((await fetch(`${url}/stocks/BoarCo`)).status).toBe(200);
    slowestMs = Math.max(slowestMs, performance.now() - started);
    await Bun.sleep(20);
  }
  return slowestMs;
}

// Timing is the benchmark's to show (bench/overload.ts); here are the bounds that hold on any machine.
test("under more load than it can take, the market refuses at once, finishes what it accepts, and loses nothing", async () => {
  using stocks = plentyOfStocks();
  await using market = await startMarket({ variables: { BOURSE_STOCKS_FILE: stocks.file } });
  const memory = () => serviceNames.map((name) => residentMb(market.services[name].process.pid));
  await startLoad({ url: market.url, connections: 256, seconds: 1 });
  const warmUp = readBooks(market.dataDir).ledger.length;
  const before = memory();

  const over = new AbortController();
  const looking = lookUntil(market.url, over.signal);
  const report = await startLoad({ url: market.url, connections, seconds: 4, ratePerSecond });
  over.abort();

  const { "200 traded": traded = 0, "503 overloaded": refused = 0, ...others } = report.answers;
  expect(others).toEqual({});
  expect(report.withoutRetryAfter).toBe(0);
  expect(report.lost).toBe(0);
  expect(traded + refused).toBe(report.sent);
  expect(Math.min(traded, refused)).toBeGreaterThan(1_000);
  expect(report.latenciesMs.toSorted((left, right) => left - right)[Math.floor(traded * 0.99)]).toBeLessThan(
    2_000,
  );
  expect(await looking).toBeLessThan(2_000);
  const grownMb = memory().map((mb, index) => mb - (before[index] ?? 0));
  expect(Math.max(...grownMb)).toBeLessThan(150);

  const books = readBooks(market.dataDir);
  expect(faultsIn(books)).toEqual([]);
  expect(books.ledger.length).toBe(warmUp + traded);
  const inLedger = new Set(books.ledger.map(({ number }) => number));
  expect(new Set(report.numbers).size).toBe(traded);
  expect(report.numbers.filter((number) => !inLedger.has(number))).toEqual([]);
}, 60_000);
