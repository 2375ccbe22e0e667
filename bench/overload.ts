import { readBooks } from "../testing/auditor.ts";
import { startMarket } from "../testing/market.ts";
import { generators, latencyOf, Stress, type Overload } from "../testing/load/stress.ts";
import { booksFaults } from "../testing/load/stress-books.ts";
import { plentyOfStocks } from "../testing/load/plenty.ts";

/**
 * The market under overload: its peak in a closed loop, then 2, 5 and 10 times that as a constant rate of arrivals.
 * `bun run bench:overload [seconds of each] [connections]`.
 */
const seconds = Number(process.argv[2] ?? 10);
const connections = Number(process.argv[3] ?? 4_000);

using stocks = plentyOfStocks();
await using market = await startMarket({ variables: { BOURSE_STOCKS_FILE: stocks.file } });
const { dataDir, url } = market;
const stress = new Stress({
  urls: [url],
  pids: () => Object.fromEntries(market.processes().map(({ name, process }) => [name, process.pid])),
});
console.log(
  `${navigator.hardwareConcurrency} processors, shared by the market and ${generators} load generators; ${seconds} s each`,
);
const peaks = await stress.peaks(seconds, [64, 128, 256, 512, 1_024]);
const peak = peaks[0]?.perSecond ?? 0;
console.log("peak (closed loop):");
for (const one of peaks)
  console.log(`  ${one.connections} connections: ${Math.round(one.perSecond)} orders/s`);
for (const factor of [2, 5, 10]) {
  const overload = await stress.overload(peak, factor, seconds, connections);
  console.log(`\n${factor} times the peak (open loop, at most ${connections} connections)`);
  print(overload);
}
const faults = await booksFaults(dataDir, stress);
console.log(
  `\nbooks: ${stress.numbers.length} acknowledged, ${readBooks(dataDir).ledger.length} in the ledger, ` +
    `${stress.unknown} of unknown outcome; with \`bun run audit\` ${faults.length} faults`,
);
for (const fault of faults) console.log(`  ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;

function print({ report, goodput, lightMs, backMs, beforeMb, afterMb }: Overload): void {
  const { sent, noConnection, lost, answers, latenciesMs, withoutRetryAfter } = report;
  const perSecond = (count: number) => Math.round(count / report.seconds);
  const accepted = latenciesMs.length;
  console.log(
    `  due ${perSecond(sent + noConnection)}/s: sent ${perSecond(sent)}/s, no connection free ${perSecond(noConnection)}/s`,
  );
  console.log(
    `  accepted ${perSecond(accepted)}/s (${goodput.toFixed(2)} of the peak), ` +
      `refused ${perSecond(sent - accepted - lost)}/s, lost ${lost}, refused without Retry-After ${withoutRetryAfter}`,
  );
  console.log(`  ${JSON.stringify(answers)}`);
  console.log(
    `  accepted, from when they were due: p50 ${latencyOf(report, 0.5)} ms, p99 ${latencyOf(report, 0.99)} ms, slowest ${latencyOf(report, 1)} ms`,
  );
  console.log(
    `  one order at a time took ${lightMs.toFixed(1)} ms before, and at most twice that ${backMs === undefined ? "never" : `${Math.round(backMs)} ms after the last arrival`}`,
  );
  const list = (memory: Readonly<Record<string, number>>) => Object.values(memory).join(", ");
  console.log(
    `  resident memory in MB (${Object.keys(beforeMb).join(", ")}): ${list(beforeMb)} before, ${list(afterMb)} after`,
  );
}
