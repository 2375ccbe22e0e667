import { readBooks } from "../testing/auditor.ts";
import type { ServiceName } from "../testing/market.ts";
import { until } from "../testing/until.ts";
import { lookupViolations, repeatViolations } from "./checks-at-rest.ts";
import { EventReaders } from "./event-readers.ts";
import { violationsIn } from "./check-round.ts";
import { Load } from "./load.ts";
import { Random } from "../testing/random.ts";
import { stocksCsv } from "./stocks.ts";
import { SupervisedMarket, type Exit, type MarketOptions } from "./supervised-market.ts";

export interface RoundContext {
  market: SupervisedMarket;
  load: Load;
  random: Random;
}

export interface RoundOptions extends MarketOptions {
  seed: number;
  /** Injects faults while the clients trade. When it resolves, all of them are healed. */
  injectFaults(context: RoundContext): Promise<void>;
  /** Whether a service that ended was expected to, because of a fault; by default none is. */
  mayEnd?(exit: Exit): boolean;
  /** How often an event stream may be reset; 0 by default. */
  resetsMax?: number;
  clients?: number;
  /** Drawn when undefined. */
  orderTimeoutMs?: number | undefined;
  /** Ends the round at its first violation, without the audit. */
  stopsAtFirstViolation?: boolean;
}

export interface Round {
  violations: string[];
  orders: number;
  trades: number;
  lookups: number;
}

/**
 * One market from its opening to its audit: clients trade while `injectFaults` runs. Then the market comes to rest, some
 * orders are repeated, and the books are compared with every answer that a client got.
 */
export async function runRound(options: RoundOptions): Promise<Round> {
  const random = new Random(options.seed);
  const orderTimeoutMs = options.orderTimeoutMs ?? random.pick([400, 1_500, 5_000]);
  const variables = { BOURSE_ORDER_TIMEOUT_MS: String(orderTimeoutMs), ...options.variables };
  await using market = await SupervisedMarket.start({ stocksCsv, ...options, variables });
  const recoverMs = options.stopsAtFirstViolation ? 6_000 : 30_000;
  const eventReaders = new EventReaders(market.urls, random.fork());
  const load = new Load({
    urls: market.urls,
    random: random.fork(),
    clients: options.clients ?? 24,
    hangMs: orderTimeoutMs + 10_000,
    recoverMs,
  });
  const violations: string[] = [];
  const attempt = (step: Promise<void>): Promise<void> =>
    step.catch((error) => void violations.push(String(error)));
  const hasEnded = (): boolean =>
    options.stopsAtFirstViolation === true && violations.length + load.violations.length > 0;

  await attempt(options.injectFaults({ market, load, random: random.fork() }));
  if (!hasEnded()) await attempt(market.ready(recoverMs));
  if (!hasEnded()) await attempt(load.stop());

  const read = () => readBooks(folderOf(market, "catalog"), folderOf(market, "order"));
  const isAtRest = async (): Promise<boolean> => {
    const { trades, ledger } = read();
    return trades.length === ledger.length && eventReaders.hasSeen(ledger.length);
  };
  // A market that does not come to rest is found by the checks.
  const rest = (): Promise<void> => until(isAtRest, 10_000).catch(() => undefined);
  if (!hasEnded()) await rest();
  // Before any order is repeated: the answer to a repeat would update a cache that missed an event.
  if (!hasEnded()) violations.push(...(await lookupViolations(market.urls, read)));
  if (!hasEnded()) violations.push(...(await repeatViolations(market.urls, load.placed, random)));
  if (!hasEnded()) await rest();
  await eventReaders.stop();
  const books = read();
  // Each frontend sends a reset.
  const resetsMax = (options.resetsMax ?? 0) * market.urls.length;
  if (!hasEnded())
    violations.push(
      ...violationsIn({ books, placed: load.placed, streams: eventReaders.streams, resetsMax }),
    );
  const unexpected = market.exits.filter((exit) => !options.mayEnd?.(exit));
  violations.push(
    ...load.violations,
    ...unexpected.map(({ name, how, output }) => `${name} ended by itself (${how}): ${output}`),
  );
  const orders = load.placed.filter(({ answer }) => answer).length;
  return { violations, orders, trades: books.trades.length, lookups: load.lookups };
}

function folderOf(market: SupervisedMarket, name: ServiceName): string {
  return market.variablesOf(name)["BOURSE_DATA_DIR"] ?? market.dataDir;
}
