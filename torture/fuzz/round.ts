import fc from "fast-check";

import { residentMb } from "../../testing/load/memory.ts";
import { readBooks } from "../../testing/auditor.ts";
import { ask } from "../../testing/http-client.ts";
import { serviceNames } from "../../testing/market.ts";
import { until } from "../../testing/until.ts";
import { Random } from "../../testing/random.ts";
import { Account } from "./account.ts";
import { keyedArena, openArena, type Arena } from "./arena.ts";
import { checklistFaults } from "./checklist.ts";
import { Exchange, type Tally } from "./exchange.ts";
import { mutate } from "./mutate.ts";
import { requests, type Shot } from "./requests.ts";

export const requestsOfRound = 2_000;
/** A mutated message for so many requests. */
const rawEvery = 2;
const lanes = 16;
const rawLanes = 32;

export interface FuzzRound {
  faults: string[];
  tally: Tally;
  requests: number;
  rawMessages: number;
  trades: number;
  requestMs: number;
  rawMs: number;
  /** How much more memory the hungriest service held at the end than at the beginning. */
  grownMb: number;
}

export interface FuzzOptions {
  /** An odd one gives a market that needs keys. With the number of requests it repeats the round. */
  seed: number;
  requestCount?: number;
  /** Where the services' code is, should that not be this repository. */
  codeDir?: string;
}

/** One market from its founding to its audit. */
export async function playFuzzRound(options: FuzzOptions): Promise<FuzzRound> {
  const { seed, requestCount = requestsOfRound } = options;
  await using arena = await (seed % 2 === 0 ? openArena(options) : keyedArena(options));
  const account = new Account();
  const exchange = new Exchange(arena.places, account);
  const beforeMb = memoryOf(arena);
  const shots = fc.sample(requests(arena.founding, arena.credentials), { numRuns: requestCount, seed });
  const isHarmless = (shot: Shot): boolean => exchange.prediction(shot).items.length === 0;
  const harmless = shots.filter(isHarmless);
  const untouched = await stateOf(arena);
  const checklist = await checklistFaults(arena);
  const started = performance.now();
  await sendAll(exchange, harmless);
  if ((await stateOf(arena)) !== untouched) exchange.faults.push("what has no valid order changed something");
  await sendAll(
    exchange,
    shots.filter((shot) => !isHarmless(shot)),
  );
  await expectHealthy(arena, exchange);
  const requestMs = performance.now() - started;

  const random = new Random(seed);
  const raw = Array.from({ length: requestCount / rawEvery }, (): Shot => {
    const { service, bytes } = random.pick(shots as [Shot]);
    return { service, bytes: mutate(bytes, random.pick(shots as [Shot]).bytes, random) };
  });
  const rawStarted = performance.now();
  await sendAllRaw(exchange, raw);
  await expectHealthy(arena, exchange);
  const rawMs = performance.now() - rawStarted;

  const grownMb = Math.max(...memoryOf(arena).map((mb, index) => mb - (beforeMb[index] ?? 0)));
  const faults = [...checklist, ...exchange.faults, ...(await booksFaults(arena, account))];
  for (const { name, how, said } of arena.market.exits)
    faults.push(`${name} ended by itself (${how}): ${said}`);
  const counted = { requests: shots.length, rawMessages: raw.length, trades: account.trades };
  return { faults, tally: exchange.tally, ...counted, requestMs, rawMs, grownMb };
}

async function sendAll(exchange: Exchange, shots: readonly Shot[]): Promise<void> {
  const all = shots[Symbol.iterator]();
  await Promise.all(Array.from({ length: lanes }, () => exchange.send(all)));
}

async function sendAllRaw(exchange: Exchange, shots: readonly Shot[]): Promise<void> {
  const all = shots[Symbol.iterator]();
  const sendNext = async (): Promise<void> => {
    for (let next = all.next(); !next.done; next = all.next()) await exchange.sendRaw(next.value);
  };
  await Promise.all(Array.from({ length: rawLanes }, sendNext));
}

function memoryOf({ market }: Arena): number[] {
  return serviceNames.map((name) => {
    const pid = market.pidOf(name);
    return pid === undefined || process.platform !== "linux" ? 0 : residentMb(pid);
  });
}

/** All that is in the two databases, and what anyone is shown of it. */
async function stateOf({ market, trader }: Arena): Promise<string> {
  const headers = trader === undefined ? {} : { authorization: trader };
  const stocks = await (await fetch(`${market.url}/stocks`, { headers })).text();
  return stocks + JSON.stringify(readBooks(market.dataDir));
}

async function expectHealthy({ places }: Arena, exchange: Exchange): Promise<void> {
  for (const name of serviceNames) {
    const asked = fetch(`http://127.0.0.1:${places[name].port}/healthz`, {
      signal: AbortSignal.timeout(5_000),
    });
    const status = await asked.then((response) => response.status, String);
    if (status !== 200) exchange.faults.push(`${name} is asked for its health, and answers ${status}`);
  }
}

/** After one more order, which brings a ledger up to date that somebody else's batch has left behind. */
async function booksFaults({ market, trader }: Arena, account: Account): Promise<string[]> {
  const last = {
    client: trader === undefined ? "anonymous" : "alice",
    key: "the-last",
    expectedCents: undefined,
  };
  const order = { name: "BoarCo", type: "sell", quantity: 1 } as const;
  const headers = { "idempotency-key": last.key, ...(trader && { authorization: trader }) };
  const response = await ask(market.url, "/orders", headers, order);
  account.unanswered([{ ...last, ...order }]);
  const faults = response.status === 200 ? [] : [`the last order got ${response.status}`];
  const isAtRest = async (): Promise<boolean> => {
    const { trades, ledger } = readBooks(market.dataDir);
    return trades.length === ledger.length;
  };
  // What does not come to rest is in the verdict.
  await until(isAtRest, 10_000).catch(() => undefined);
  return [...faults, ...account.faultsAgainst(readBooks(market.dataDir))];
}
