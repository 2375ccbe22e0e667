import fc from "fast-check";

import { residentMb } from "../../testing/load/memory.ts";
import { readBooks } from "../../testing/auditor.ts";
import { ask } from "../../testing/http-client.ts";
import { serviceNames } from "../../testing/market.ts";
import { until } from "../../testing/until.ts";
import { Random } from "../../testing/random.ts";
import { TradeExpectations } from "./expected-trades.ts";
import { startKeyedMarket, startOpenMarket, type TargetMarket } from "./target-market.ts";
import { checklistViolations } from "./checklist.ts";
import { Exchange, type AnswerCounts } from "./exchange.ts";
import { mutate } from "./mutate.ts";
import { requests, type FuzzRequest } from "./requests.ts";

export const requestsOfRound = 2_000;
/** One mutated message for this many requests. */
const rawEvery = 2;
const lanes = 16;
const rawLanes = 32;

export interface FuzzRound {
  violations: string[];
  counts: AnswerCounts;
  requests: number;
  rawMessages: number;
  trades: number;
  requestMs: number;
  rawMs: number;
  /** Memory growth of the service that grew most. */
  grownMb: number;
}

export interface FuzzOptions {
  /** Odd: a market with API keys. The seed and `requestCount` repeat the round. */
  seed: number;
  requestCount?: number;
  /** Folder of the services' code; by default this repository. */
  codeDir?: string;
}

/** One market from its opening to its audit. */
export async function runFuzzRound(options: FuzzOptions): Promise<FuzzRound> {
  const { seed, requestCount = requestsOfRound } = options;
  await using target = await (seed % 2 === 0 ? startOpenMarket(options) : startKeyedMarket(options));
  const expectations = new TradeExpectations();
  const exchange = new Exchange(target.addresses, expectations);
  const beforeMb = memoryOf(target);
  const fuzzRequests = fc.sample(requests(target.identity, target.credentials), {
    numRuns: requestCount,
    seed,
  });
  const hasNoOrder = (fuzzRequest: FuzzRequest): boolean =>
    exchange.prediction(fuzzRequest).items.length === 0;
  const withoutOrders = fuzzRequests.filter(hasNoOrder);
  const stateBefore = await stateOf(target);
  const checklist = await checklistViolations(target);
  const started = performance.now();
  await sendAll(exchange, withoutOrders);
  if ((await stateOf(target)) !== stateBefore)
    exchange.violations.push("a request without a valid order changed something");
  await sendAll(
    exchange,
    fuzzRequests.filter((fuzzRequest) => !hasNoOrder(fuzzRequest)),
  );
  await expectHealthy(target, exchange);
  const requestMs = performance.now() - started;

  const random = new Random(seed);
  const raw = Array.from({ length: requestCount / rawEvery }, (): FuzzRequest => {
    const { service, bytes } = random.pick(fuzzRequests as [FuzzRequest]);
    return { service, bytes: mutate(bytes, random.pick(fuzzRequests as [FuzzRequest]).bytes, random) };
  });
  const rawStarted = performance.now();
  await sendAllRaw(exchange, raw);
  await expectHealthy(target, exchange);
  const rawMs = performance.now() - rawStarted;

  const grownMb = Math.max(...memoryOf(target).map((mb, index) => mb - (beforeMb[index] ?? 0)));
  const violations = [...checklist, ...exchange.violations, ...(await booksViolations(target, expectations))];
  for (const { name, how, output } of target.market.exits)
    violations.push(`${name} ended by itself (${how}): ${output}`);
  const counted = { requests: fuzzRequests.length, rawMessages: raw.length, trades: expectations.trades };
  return { violations, counts: exchange.counts, ...counted, requestMs, rawMs, grownMb };
}

async function sendAll(exchange: Exchange, fuzzRequests: readonly FuzzRequest[]): Promise<void> {
  const all = fuzzRequests[Symbol.iterator]();
  await Promise.all(Array.from({ length: lanes }, () => exchange.send(all)));
}

async function sendAllRaw(exchange: Exchange, fuzzRequests: readonly FuzzRequest[]): Promise<void> {
  const all = fuzzRequests[Symbol.iterator]();
  const sendNext = async (): Promise<void> => {
    for (let next = all.next(); !next.done; next = all.next()) await exchange.sendRaw(next.value);
  };
  await Promise.all(Array.from({ length: rawLanes }, sendNext));
}

function memoryOf({ market }: TargetMarket): number[] {
  return serviceNames.map((name) => {
    const pid = market.pidOf(name);
    return pid === undefined || process.platform !== "linux" ? 0 : residentMb(pid);
  });
}

/** Everything in both databases, and the stocks as the frontend shows them. */
async function stateOf({ market, trader }: TargetMarket): Promise<string> {
  const headers = trader === undefined ? {} : { authorization: trader };
  const stocks = await (await fetch(`${market.url}/stocks`, { headers })).text();
  return stocks + JSON.stringify(readBooks(market.dataDir));
}

async function expectHealthy({ addresses }: TargetMarket, exchange: Exchange): Promise<void> {
  for (const name of serviceNames) {
    const asked = fetch(`http://127.0.0.1:${addresses[name].port}/healthz`, {
      signal: AbortSignal.timeout(5_000),
    });
    const status = await asked.then((response) => response.status, String);
    if (status !== 200) exchange.violations.push(`${name} answers its health check with ${status}`);
  }
}

/** Places one more order first: a fuzzed batch at the catalog may have left the ledger behind. */
async function booksViolations(
  { market, trader }: TargetMarket,
  expectations: TradeExpectations,
): Promise<string[]> {
  const last = {
    client: trader === undefined ? "anonymous" : "alice",
    key: "the-last",
    expectedCents: undefined,
  };
  const order = { name: "BoarCo", type: "sell", quantity: 1 } as const;
  const headers = { "idempotency-key": last.key, ...(trader && { authorization: trader }) };
  const response = await ask(market.url, "/orders", headers, order);
  expectations.unanswered([{ ...last, ...order }]);
  const violations = response.status === 200 ? [] : [`the last order got ${response.status}`];
  const isAtRest = async (): Promise<boolean> => {
    const { trades, ledger } = readBooks(market.dataDir);
    return trades.length === ledger.length;
  };
  // A ledger that stays behind is found by the checks.
  await until(isAtRest, 10_000).catch(() => undefined);
  return [...violations, ...expectations.violationsIn(readBooks(market.dataDir))];
}
