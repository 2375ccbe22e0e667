import { readBooks } from "../testing/auditor.ts";
import type { ServiceName } from "../testing/market.ts";
import { until } from "../testing/until.ts";
import { lookupFaults, repeatFaults } from "./aftermath.ts";
import { Audience } from "./audience.ts";
import { verdictOn } from "./judge.ts";
import { Load } from "./load.ts";
import { Random } from "../testing/random.ts";
import { stocksCsv } from "./stocks.ts";
import { SupervisedMarket, type Exit, type MarketOptions } from "./supervised-market.ts";

export interface Scene {
  market: SupervisedMarket;
  load: Load;
  random: Random;
}

export interface RoundOptions extends MarketOptions {
  seed: number;
  /** Breaks things, while the clients trade. Whatever it broke it has mended when it resolves. */
  disturb(scene: Scene): Promise<void>;
  /** Ends of a service that belong to what is broken; by default none does. */
  mayEnd?(exit: Exit): boolean;
  /** Times that an event stream may be reset; by default it never may. */
  resetsMax?: number;
  clients?: number;
  /** Drawn when it is not given. */
  orderTimeoutMs?: number | undefined;
  /** One fault is enough: whatever is known when it comes is the result, without the audit. */
  isHasty?: boolean;
}

export interface Round {
  faults: string[];
  orders: number;
  trades: number;
  lookups: number;
}

/**
 * One market from its founding to its audit: clients trade while `disturb` breaks things, then everything is given
 * time to come to rest, some old orders are asked for again, and the books are held against all that was said.
 */
export async function playRound(options: RoundOptions): Promise<Round> {
  const random = new Random(options.seed);
  const orderTimeoutMs = options.orderTimeoutMs ?? random.pick([400, 1_500, 5_000]);
  const variables = { BOURSE_ORDER_TIMEOUT_MS: String(orderTimeoutMs), ...options.variables };
  await using market = await SupervisedMarket.start({ stocksCsv, ...options, variables });
  const recoverMs = options.isHasty ? 6_000 : 30_000;
  const audience = new Audience(market.urls, random.fork());
  const load = new Load({
    urls: market.urls,
    random: random.fork(),
    clients: options.clients ?? 24,
    hangMs: orderTimeoutMs + 10_000,
    recoverMs,
  });
  const faults: string[] = [];
  const attempt = (step: Promise<void>): Promise<void> =>
    step.catch((error) => void faults.push(String(error)));
  const isEnough = (): boolean => options.isHasty === true && faults.length + load.faults.length > 0;

  await attempt(options.disturb({ market, load, random: random.fork() }));
  if (!isEnough()) await attempt(market.ready(recoverMs));
  if (!isEnough()) await attempt(load.stop());

  const read = () => readBooks(folderOf(market, "catalog"), folderOf(market, "order"));
  const isAtRest = async (): Promise<boolean> => {
    const { trades, ledger } = read();
    return trades.length === ledger.length && audience.hasSeen(ledger.length);
  };
  // What does not come to rest is in the verdict.
  const rest = (): Promise<void> => until(isAtRest, 10_000).catch(() => undefined);
  if (!isEnough()) await rest();
  // Before anything is asked for again: a repeat tells a frontend what it may have missed.
  if (!isEnough()) faults.push(...(await lookupFaults(market.urls, read)));
  if (!isEnough()) faults.push(...(await repeatFaults(market.urls, load.placed, random)));
  if (!isEnough()) await rest();
  await audience.stop();
  const books = read();
  // Each frontend may tell of a restoration.
  const resetsMax = (options.resetsMax ?? 0) * market.urls.length;
  if (!isEnough())
    faults.push(...verdictOn({ books, placed: load.placed, streams: audience.streams, resetsMax }));
  const odd = market.exits.filter((exit) => !options.mayEnd?.(exit));
  faults.push(
    ...load.faults,
    ...odd.map(({ name, how, said }) => `${name} ended by itself (${how}): ${said}`),
  );
  const orders = load.placed.filter(({ answer }) => answer).length;
  return { faults, orders, trades: books.trades.length, lookups: load.lookups };
}

function folderOf(market: SupervisedMarket, name: ServiceName): string {
  return market.variablesOf(name)["BOURSE_DATA_DIR"] ?? market.dataDir;
}
