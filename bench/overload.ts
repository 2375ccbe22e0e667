import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { faultsIn, readBooks } from "../tests/auditor.ts";
import { serviceNames, startMarket, type Market, type ServiceName } from "../tests/market.ts";
import { mergeReports, startLoad, type LoadOptions, type LoadReport } from "./open-loop.ts";

/**
 * What the market does when more is asked of it than it can do: its best with a closed loop, then 2, 5 and 10 times
 * that at a constant rate of arrivals. `bun run bench:overload [seconds]`.
 */
const seconds = Number(process.argv[2] ?? 10);
const generators = 2;
const connections = Number(process.argv[3] ?? 4_000);

const stocksDir = mkdtempSync(join(tmpdir(), "bourse-overload-"));
const stocksFile = join(stocksDir, "stocks.csv");
await Bun.write(
  stocksFile,
  `name,price,quantity\n${["GameStart", "BoarCo", "MenhirCo", "Reneium"].map((name) => `${name},10.00,1000000000\n`).join("")}`,
);

const market = await startMarket({ variables: { BOURSE_STOCKS_FILE: stocksFile } });
const numbers: number[] = [];
let unknown = 0;
try {
  console.log(
    `${navigator.hardwareConcurrency} processors, shared by the three services and ${generators} load generators, ${seconds} s each`,
  );
  await load({ connections: 64, seconds: 2 });
  const peak = goodput(await load({ connections: 256, seconds }));
  console.log(`peak, closed loop, 256 connections: ${Math.round(peak)} orders/s\n`);
  for (const factor of [2, 5, 10]) {
    const before = memory(market);
    const report = await load({ connections, seconds, ratePerSecond: factor * peak });
    await Bun.sleep(1_000);
    print(factor, peak, report, before, memory(market));
  }
  printBooks(market);
} finally {
  await market.stop();
  rmSync(stocksDir, { recursive: true });
}

/** One load, from all generators together. */
async function load({
  connections: total,
  ratePerSecond,
  ...rest
}: Omit<LoadOptions, "url">): Promise<LoadReport> {
  const report = mergeReports(
    await Promise.all(
      Array.from({ length: generators }, () =>
        startLoad({
          ...rest,
          url: market.url,
          connections: total / generators,
          ...(ratePerSecond && { ratePerSecond: ratePerSecond / generators }),
        }),
      ),
    ),
  );
  numbers.push(...report.numbers);
  unknown += report.lost + (report.answers["503 outcome_unknown"] ?? 0);
  return report;
}

function goodput(report: LoadReport): number {
  return report.latenciesMs.length / report.seconds;
}

function print(factor: number, peak: number, report: LoadReport, before: Memory, after: Memory): void {
  const perSecond = (count: number) => Math.round(count / report.seconds);
  const refused = report.sent - report.latenciesMs.length - report.lost;
  const at = (share: number) =>
    Math.round(report.latenciesMs[Math.floor(report.latenciesMs.length * share)] ?? 0);
  console.log(
    `${factor} times the peak: ${perSecond(report.sent + report.noConnection)} due/s, of them ${perSecond(report.sent)} sent/s (the others found ${connections} connections busy)`,
  );
  console.log(
    `  accepted ${perSecond(report.latenciesMs.length)}/s (${(goodput(report) / peak).toFixed(2)} of the peak), refused ${perSecond(refused)}/s, lost ${report.lost}`,
  );
  console.log(
    `  answers ${JSON.stringify(report.answers)}, refused without Retry-After ${report.withoutRetryAfter}`,
  );
  console.log(`  accepted: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1 - 1e-9)} ms`);
  console.log(
    `  RSS in MB: ${serviceNames.map((name) => `${name} ${before[name]} → ${after[name]}`).join(", ")}\n`,
  );
}

type Memory = Record<ServiceName, number>;

/** Resident memory of each service, in MB. */
function memory({ services }: Market): Memory {
  const read = (name: ServiceName): [ServiceName, number] => {
    const status = readFileSync(`/proc/${services[name].process.pid}/status`, "utf8");
    return [name, Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)];
  };
  return Object.fromEntries(serviceNames.map(read)) as Memory;
}

/** Every acknowledged number must be in the ledger, once; and it holds nothing else but what nobody was told. */
function printBooks({ dataDir }: Market): void {
  const books = readBooks(dataDir);
  const faults = faultsIn(books);
  const inLedger = new Set(books.ledger.map((row) => row.number));
  if (new Set(numbers).size !== numbers.length) faults.push("a number was acknowledged twice");
  if (numbers.some((number) => !inLedger.has(number)))
    faults.push("an acknowledged order is not in the ledger");
  if (books.ledger.length > numbers.length + unknown)
    faults.push("the ledger holds orders that were refused");
  console.log(
    `books: ${numbers.length} acknowledged, ${books.ledger.length} in the ledger, ${unknown} of unknown outcome, ${faults.length} faults`,
  );
  for (const fault of faults) console.log(`  ${fault}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
