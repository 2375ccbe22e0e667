import type { Client } from "../sdk/client.ts";
import { summarize, type Run, type Summary } from "./summary.ts";
import { Tally } from "./tally.ts";
import { trade } from "./trader.ts";
import { resolveUnknownOrders, verify } from "./verify.ts";
import { workload } from "./workload.ts";

export interface SimulatorOptions {
  clients: number;
  /** Lookups of each client, unless a duration is given. */
  requests: number;
  /** Seconds. */
  duration?: number;
  /** Of an order after a lookup, from 0 to 1. */
  probability: number;
  /** From 0 to 2^32 - 1. */
  seed: number;
  /** Of the market, for the summary. */
  url: string;
}

export interface TradeObserver {
  /** Called after each lookup and each order with one line about it. */
  onAnswer(line: string): void;
  /** Called after each lookup with the order that follows it, if one does. */
  onStep(): void;
}

export interface Traded {
  run: Run;
  tally: Tally;
}

/** Trades as `options.clients` clients at once. `names` are the market's stocks, sorted; `interrupt` ends it early. */
export async function tradeAll(
  options: SimulatorOptions,
  client: Client,
  names: readonly string[],
  interrupt: AbortSignal,
  { onAnswer, onStep }: TradeObserver,
): Promise<Traded> {
  const { clients, requests, duration, probability, seed, url } = options;
  const tally = new Tally();
  const startMs = performance.now();
  const stop = new AbortController();
  const end = () => stop.abort();
  interrupt.addEventListener("abort", end);
  const timer = duration === undefined ? undefined : setTimeout(end, duration * 1_000);

  const traders = Array.from({ length: clients }, (_, index) => {
    const steps = workload({ seed, client: index, names, probability });
    return trade({
      client,
      label: `client ${index + 1}`,
      steps: duration === undefined ? steps.take(requests) : steps,
      tally,
      signal: stop.signal,
      onAnswer,
      onStep,
    });
  });
  await Promise.all(traders);
  clearTimeout(timer);
  const elapsed_ms = Math.round(performance.now() - startMs);
  return { run: { url, stocks: names.length, clients, probability, seed, elapsed_ms }, tally };
}

/** Resolves the orders whose outcome is unknown, compares every acknowledged order with the ledger, and sums up. */
export async function checkOrders(client: Client, { run, tally }: Traded): Promise<Summary> {
  await resolveUnknownOrders(client, tally);
  return summarize(run, tally, await verify(client, tally.acknowledged));
}
