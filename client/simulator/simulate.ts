import type { Client } from "../sdk/client.ts";
import type { SimulatorOptions } from "./options.ts";
import { startProgress } from "./progress.ts";
import { summarize, type Summary } from "./summary.ts";
import { Tally } from "./tally.ts";
import { trade } from "./trader.ts";
import { settle, verify } from "./verify.ts";
import { workload } from "./workload.ts";

/**
 * Trades, settles what was lost, verifies every acknowledged order, and sums up. `names` are the market's stocks,
 * sorted; `interrupt` ends the trading early, not what follows it.
 */
export async function simulate(
  options: SimulatorOptions,
  client: Client,
  names: readonly string[],
  interrupt: AbortSignal,
): Promise<Summary> {
  const { clients, requests, duration, probability, seed, url } = options;
  const tally = new Tally();
  const startMs = performance.now();
  const elapsedMs = () => performance.now() - startMs;
  const stop = new AbortController();
  const end = () => stop.abort();
  interrupt.addEventListener("abort", end);
  const timer = duration === undefined ? undefined : setTimeout(end, duration * 1_000);

  let stepsDone = 0;
  const progress = startProgress({
    ...(duration === undefined
      ? { value: () => stepsDone, total: clients * requests, unit: "lookups" }
      : { value: () => elapsedMs() / 1_000, total: duration, unit: "s" }),
    isTalking: !options.quiet && !options.json,
  });
  const traders = Array.from({ length: clients }, (_, index) => {
    const steps = workload({ seed, client: index, names, probability });
    return trade({
      client,
      label: `client ${index + 1}`,
      steps: duration === undefined ? steps.take(requests) : steps,
      tally,
      signal: stop.signal,
      say: progress.say,
      stepDone: () => void stepsDone++,
    });
  });
  await Promise.all(traders);
  clearTimeout(timer);
  progress.stop();
  const run = { url, stocks: names.length, clients, probability, seed, elapsed_ms: Math.round(elapsedMs()) };

  await settle(client, tally);
  return summarize(run, tally, await verify(client, tally.acknowledged));
}
