import { CommanderError } from "commander";

import { createClient } from "../sdk/client.ts";
import { readOptions } from "./options.ts";
import { simulate } from "./simulate.ts";
import { renderText } from "./summary.ts";

/** Runs the simulator and returns its exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const interrupt = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupt.abort());

  const client = createClient({ baseUrl: options.url, apiKey: options.apiKey });
  const { data: stocks, error } = await client.stocks.list({ signal: interrupt.signal });
  if (error) return refuse(`no market answers at ${options.url} (${error.reason}): ${error.message}`);
  if (stocks.length === 0) return refuse(`the market at ${options.url} has no stocks to trade`);

  const names = stocks.map(({ name }) => name).toSorted();
  const summary = await simulate(options, client, names, interrupt.signal);
  process.stdout.write(options.json ? `${JSON.stringify(summary, null, 2)}\n` : renderText(summary));
  return summary.ok ? 0 : 1;
}

function refuse(message: string): number {
  process.stderr.write(`simulate: ${message.replaceAll("\n", " ")}\n`);
  return 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // commander has said what is wrong by now.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
