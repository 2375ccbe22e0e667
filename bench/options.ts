import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

import { Command, InvalidArgumentError, Option } from "commander";

import { groups, type Group } from "./plan.ts";

export interface BenchOptions {
  only: readonly Group[];
  quick: boolean;
  rounds: number;
  seconds: number;
  /** The folder for the JSON and the chart. */
  out: string;
  /** A checkout of an older release, with its node_modules, to measure beside this code. */
  beside?: string;
  /** The path of a Node to use instead of the one found. */
  node?: string;
}

/**
 * Reads the command line, without the program's name. Throws commander's CommanderError for wrong options, which
 * commander has then printed, and for --help, with exit code 0.
 */
export function readOptions(args: readonly string[]): BenchOptions {
  const { rounds, seconds, ...options } = new Command("bench")
    .description(
      "Compares the market with other servers and with raw SQLite, all on this machine, and prints the ratios.",
    )
    .addOption(
      new Option("--only <groups...>", "measure only these").choices(groups).default([...groups], "all"),
    )
    .option("--quick", "short rounds, and only the contenders that the targets name: does it work?", false)
    .option("--rounds <n>", "rounds of each contender (5; quick: 2)", positiveInteger)
    .option("--seconds <n>", "seconds of each round (4; quick: 1)", positiveInteger)
    .option("--out <folder>", "where to write bench.json and bench.svg", "data/bench")
    .option(
      "--beside <folder>",
      "measure this older checkout, dependencies installed, beside the three processes",
      checkout,
    )
    .option("--node <path>", "the Node 22 to use (else that of the PATH, else the one that .ci/run installs)")
    .addHelpText(
      "after",
      "\nExit code: 0 when all books add up, 1 when not, 2 for wrong options. A missed target does not change it.",
    )
    .exitOverride()
    .parse(args, { from: "user" })
    .opts<Omit<BenchOptions, "rounds" | "seconds"> & Partial<Pick<BenchOptions, "rounds" | "seconds">>>();
  return {
    ...options,
    rounds: rounds ?? (options.quick ? 2 : 5),
    seconds: seconds ?? (options.quick ? 1 : 4),
  };
}

function checkout(folder: string): string {
  const path = resolve(folder);
  for (const needed of ["services/frontend/main.ts", "node_modules"])
    if (!existsSync(join(path, needed))) throw new InvalidArgumentError(`It has no ${needed}.`);
  return path;
}

export function positiveInteger(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number above 0.");
}
