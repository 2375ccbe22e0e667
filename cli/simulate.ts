import { Option } from "commander";

import { createClient, type Client } from "../client/sdk/client.ts";
import {
  checkOrders,
  tradeAll,
  type SimulatorOptions,
  type TradeObserver,
} from "../client/simulator/simulate.ts";
import { renderText } from "../client/simulator/summary.ts";
import { directFetch } from "../services/runtime/http/direct-fetch.ts";
import { isLoopback } from "../services/runtime/process/env.ts";
import { newCommand } from "./command.ts";
import { decimal, httpUrl, visibleAscii, wholeNumber } from "./option-values.ts";
import { startProgress } from "./progress.ts";
import { CommandFailed, type Subcommand } from "./run.ts";

const seeds = 2 ** 32;

const help = {
  description:
    "Clients that look up random stocks of a running market and buy and sell 1 to 1,000 shares of them.",
  details: `At the end every order that was acknowledged is looked up and compared, and orders whose outcome was lost are
sent again under the same key. Ctrl-C stops the trading and still does this; a second one ends at once.

With --json, standard output is one object (Summary in client/simulator/summary.ts):
  ok        true where the exit code is 0
  run       url, stocks, clients, probability, seed, elapsed_ms of the trading
  lookups   found, failed {reason: count}, latency_ms {p50, p95, p99, max}
  orders    bought, sold, refused {reason: count}, failed {reason: count}, settled_late, unknown,
            latency_ms {p50, p95, p99, max}
  verified  orders, matching, unreachable, mismatches [{transaction_number, problem}]
Latencies are of answered calls, retries included; null when there was none.`,
  examples: [
    ["simulate", "5 clients, 100 lookups each, against http://127.0.0.1:8080"],
    ["simulate --clients 50 --duration 10 --quiet", "the summary alone"],
    ["simulate --seed 7 --json | jq .ok", "for programs; the same seed sends the same orders"],
  ],
  exitCodes: {
    0: "every acknowledged order is in the ledger as acknowledged, and every outcome is known",
    1: "not so, or no market answers",
    2: "wrong options",
  },
} as const;

interface Options extends SimulatorOptions {
  apiKey?: string;
  json: boolean;
  quiet: boolean;
}

export const simulate: Subcommand = {
  name: "simulate",
  exitCodes: { usage: 2, failed: 1 },
  handlesSignals: true,
  async run(args) {
    const options = readOptions(args);
    const interrupt = new AbortController();
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupt.abort());

    const client = createClient({
      baseUrl: options.url,
      apiKey: options.apiKey,
      // A market on this machine is called directly, another one through the proxy of the environment, if there is one.
      ...(isLoopback(new URL(options.url).hostname.replace(/^\[(.*)\]$/, "$1")) && { fetch: directFetch }),
    });
    const names = await stockNames(client, options.url, interrupt.signal);
    const { observer, stop } = observe(options);
    const traded = await tradeAll(options, client, names, interrupt.signal, observer).finally(stop);
    const summary = await checkOrders(client, traded);
    process.stdout.write(options.json ? `${JSON.stringify(summary, null, 2)}\n` : renderText(summary));
    return summary.ok ? 0 : 1;
  },
};

/** Throws commander's CommanderError, once it has printed its one line, for wrong options, and for --help. */
function readOptions(args: readonly string[]): Options {
  return newCommand("simulate", help)
    .option("--clients <n>", "clients that trade at the same time", wholeNumber(1, 1_000), 5)
    .option("--requests <n>", "lookups of each client", wholeNumber(1, 1_000_000_000), 100)
    .addOption(
      new Option("--duration <seconds>", "trade for this long, instead of a number of requests")
        .argParser(decimal((seconds) => seconds > 0 && seconds <= 1_000_000, "more than 0, at most 1000000"))
        .conflicts("requests"),
    )
    .option(
      "--probability <p>",
      "of an order after a lookup",
      decimal((p) => p <= 1, "from 0 to 1"),
      0.5,
    )
    .addOption(
      new Option("--seed <n>", "the same seed on the same stocks sends the same orders")
        .argParser(wholeNumber(0, seeds - 1))
        .default(Math.floor(Math.random() * seeds), "a random one"),
    )
    .option("--url <url>", "of the market", httpUrl, "http://127.0.0.1:8080")
    .addOption(
      new Option("--api-key <key>", "of a trader; better in the environment, where others do not see it")
        .env("BOURSE_API_KEY")
        .argParser(visibleAscii),
    )
    .option("--json", "print the summary as JSON, and nothing else to standard output", false)
    .option("--quiet", "do not print each answer", false)
    .parse(args, { from: "user" })
    .opts<Options>();
}

async function stockNames(client: Client, url: string, signal: AbortSignal): Promise<string[]> {
  const { data: stocks, error } = await client.stocks.list({ signal });
  if (error) throw new CommandFailed(`no market answers at ${url} (${error.reason}): ${error.message}`);
  if (stocks.length === 0) throw new CommandFailed(`the market at ${url} has no stocks to trade`);
  return stocks.map(({ name }) => name).toSorted();
}

const redrawMs = 200;

/** Shows how far the trading is: by the lookups, or by the time where a duration is given. */
function observe(options: Options): { observer: TradeObserver; stop(): void } {
  const { clients, requests, duration, quiet, json } = options;
  const printsAnswers = !quiet && !json;
  // The printed answers show the progress by themselves.
  const progress = startProgress("simulate", { showsLines: !printsAnswers });
  const startMs = performance.now();
  let stepsDone = 0;
  const show = (): void => {
    const [done, total, unit] =
      duration === undefined
        ? [stepsDone, clients * requests, "lookups"]
        : [(performance.now() - startMs) / 1_000, duration, "s"];
    progress.update(done / total, `${Math.min(total, Math.floor(done))} of ${total} ${unit}`);
  };
  const timer = setInterval(show, redrawMs);
  return {
    observer: {
      onAnswer: printsAnswers ? progress.print : () => {},
      onStep: () => void stepsDone++,
    },
    stop() {
      clearInterval(timer);
      progress.stop();
    },
  };
}
