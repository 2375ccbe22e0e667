import { parseArgs } from "node:util";

import { startMarket } from "../tests/market.ts";
import { orderLoad, type LoadResult } from "./order-load.ts";

/**
 * How much group commit buys: orders a second with batches as they come (A) against batches of one everywhere (B), on
 * two markets of three processes, in turn, so that what else the machine does falls on both. Exits 1 when A is not
 * at least `leastRatio` times B.
 */
const leastRatio = 4;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "256" },
  },
});
const options = { seconds: readCount("seconds"), connections: readCount("connections") };
const rounds = readCount("rounds");

const load = orderLoad();
await using batched = await startMarket();
await using single = await startMarket({ variables: { BOURSE_BATCH_MAX: "1" } });
const variants = [
  { name: "A batches", url: batched.url, rates: [] as number[] },
  { name: "B of one ", url: single.url, rates: [] as number[] },
];

console.log(
  `POST /orders with ${load.name}, ${options.connections} connections, ${rounds} rounds of ${options.seconds} s each`,
);
for (const { url } of variants) await load.run(url, { ...options, seconds: 2 });
for (let round = 1; round <= rounds; round += 1)
  for (const { name, url, rates } of variants) {
    const result = await load.run(url, options);
    rates.push(result.orders / result.seconds);
    console.log(`${name}  round ${round}  ${describe(result)}`);
  }

const [a = 0, b = 0] = variants.map(({ rates }) => median(rates));
const ratio = a / b;
console.log(`A median ${count(a)} orders/s\nB median ${count(b)} orders/s\nratio ${ratio.toFixed(1)}`);
if (!(ratio >= leastRatio)) {
  console.error(`the ratio is under ${leastRatio}`);
  process.exitCode = 1;
}

function readCount(name: keyof typeof values): number {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`--${name} takes a positive integer`);
  process.exit(2);
}

function describe({ orders, failed, seconds, p50Ms, p99Ms }: LoadResult): string {
  const latency = `p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms`;
  return `${count(orders / seconds).padStart(7)} orders/s  ${latency}  ${failed} failed`;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((x, y) => x - y);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

function count(number: number): string {
  return Math.round(number).toLocaleString("en");
}
