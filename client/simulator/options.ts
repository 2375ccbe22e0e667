import { Command, InvalidArgumentError, Option } from "commander";

export interface SimulatorOptions {
  clients: number;
  /** Lookups of each client, unless a duration is given. */
  requests: number;
  /** Seconds. */
  duration?: number;
  probability: number;
  /** From 0 to 2^32 - 1. */
  seed: number;
  url: string;
  apiKey?: string;
  json: boolean;
  quiet: boolean;
}

const seeds = 2 ** 32;

const epilog = `
At the end every order that was acknowledged is looked up and compared, and orders whose outcome was lost are
asked for again under the same key. Ctrl-C stops the trading and still does this; a second one ends at once.

Exit code: 0 when every acknowledged order is in the ledger as acknowledged and no outcome stayed unknown; 1 when
not, or when no market answers; 2 for wrong options.

With --json, standard output is one object (Summary in client/simulator/summary.ts):
  ok        true where the exit code is 0
  run       url, stocks, clients, probability, seed, elapsed_ms of the trading
  lookups   found, failed {reason: count}, latency_ms {p50, p95, p99, max}
  orders    bought, sold, refused {reason: count}, failed {reason: count}, settled_late, unknown,
            latency_ms {p50, p95, p99, max}
  verified  orders, matching, unreachable, mismatches [{transaction_number, problem}]
Latencies are of answered calls, retries included; null when there was none.`;

/**
 * Reads the command line, without the program's name. Throws commander's CommanderError, once it has printed its one
 * line, for wrong options, and, with exit code 0, for --help.
 */
export function readOptions(args: readonly string[]): SimulatorOptions {
  const command = new Command("simulate")
    .description(
      "Clients that look up random stocks of a running market and buy and sell 1 to 1,000 shares of them.",
    )
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
      new Option("--seed <n>", "the same seed on the same stocks asks the same")
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
    .addHelpText("after", epilog)
    .exitOverride();
  return command.parse(args, { from: "user" }).opts<SimulatorOptions>();
}

function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}

function decimal(isAllowed: (value: number) => boolean, range: string) {
  return (text: string): number => {
    const value = Number(text);
    if (/^(\d+|\d*\.\d+)$/.test(text) && isAllowed(value)) return value;
    throw new InvalidArgumentError(`It is a number, ${range}.`);
  };
}

function visibleAscii(text: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new InvalidArgumentError("It is visible ASCII.");
}

function httpUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError("It begins with http:// or https://.");
}
