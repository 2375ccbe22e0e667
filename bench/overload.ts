import { faultsIn, readBooks } from "../tests/auditor.ts";
import { serviceNames, startMarket, type Market } from "../tests/market.ts";
import { residentMb } from "./memory.ts";
import { mergeReports, startLoad, type LoadOptions, type LoadReport } from "./open-loop.ts";
import { plentyOfStocks } from "./plenty.ts";

/**
 * What the market does when more is asked of it than it can do: its best with a closed loop, then 2, 5 and 10 times
 * that, as a constant rate of arrivals. `bun run bench:overload [seconds of each] [connections]`.
 */
const seconds = Number(process.argv[2] ?? 10);
const connections = Number(process.argv[3] ?? 4_000);
const generators = 2;
const peakConnections = 256;

/** Every transaction number that was answered, and the orders whose outcome nobody was told. */
const numbers: number[] = [];
let unknown = 0;

using stocks = plentyOfStocks();
await using market = await startMarket({ variables: { BOURSE_STOCKS_FILE: stocks.file } });
console.log(
  `${navigator.hardwareConcurrency} processors, shared by the three services and ${generators} load generators; ${seconds} s each`,
);
await load({ connections: 64, seconds: 2 });
const peak = acceptedPerSecond(await load({ connections: peakConnections, seconds }));
console.log(`peak (closed loop, ${peakConnections} connections): ${Math.round(peak)} orders/s`);
for (const factor of [2, 5, 10]) {
  const before = memory(market);
  const report = await load({ connections, seconds, ratePerSecond: factor * peak });
  await Bun.sleep(1_000);
  console.log(`\n${factor} times the peak (open loop, at most ${connections} connections)`);
  print(report);
  console.log(
    `  resident memory in MB (${serviceNames.join(", ")}): ${before} before, ${memory(market)} after`,
  );
}
printBooks(market);

/** One load, from all generators together. */
async function load({
  connections: total,
  ratePerSecond,
  ...rest
}: Omit<LoadOptions, "url">): Promise<LoadReport> {
  const share = {
    ...rest,
    url: market.url,
    connections: total / generators,
    ...(ratePerSecond && { ratePerSecond: ratePerSecond / generators }),
  };
  const report = mergeReports(await Promise.all(Array.from({ length: generators }, () => startLoad(share))));
  numbers.push(...report.numbers);
  unknown += report.lost + (report.answers["503 outcome_unknown"] ?? 0);
  return report;
}

function acceptedPerSecond(report: LoadReport): number {
  return report.latenciesMs.length / report.seconds;
}

function print(report: LoadReport): void {
  const { sent, noConnection, lost, answers, latenciesMs, withoutRetryAfter } = report;
  const perSecond = (count: number) => Math.round(count / report.seconds);
  const quantile = (share: number) => Math.round(latenciesMs[Math.ceil(latenciesMs.length * share) - 1] ?? 0);
  const accepted = latenciesMs.length;
  console.log(
    `  due ${perSecond(sent + noConnection)}/s: sent ${perSecond(sent)}/s, no connection free ${perSecond(noConnection)}/s`,
  );
  console.log(
    `  accepted ${perSecond(accepted)}/s (${(acceptedPerSecond(report) / peak).toFixed(2)} of the peak), ` +
      `refused ${perSecond(sent - accepted - lost)}/s, lost ${lost}, refused without Retry-After ${withoutRetryAfter}`,
  );
  console.log(`  ${JSON.stringify(answers)}`);
  console.log(
    `  accepted, from when they were due: p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, slowest ${quantile(1)} ms`,
  );
}

function memory({ services }: Market): string {
  return serviceNames.map((name) => residentMb(services[name].process.pid)).join(", ");
}

/** Every acknowledged order must be in the ledger, once, and nothing else but what nobody was told. */
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
    `\nbooks: ${numbers.length} acknowledged, ${books.ledger.length} in the ledger, ${unknown} of unknown outcome, ${faults.length} faults`,
  );
  for (const fault of faults) console.log(`  ${fault}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
