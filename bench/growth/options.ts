import { Command, InvalidArgumentError, Option } from "commander";

import { positiveInteger } from "../options.ts";
import { groups, type Group } from "../plan.ts";
import type { BookSize } from "./book-maker.ts";
import { smallest } from "./plan.ts";

/** One hot stock is measured in `bench`. */
const growthGroups = groups.filter((group) => group !== "hot");

export interface GrowthOptions {
  sizes: readonly BookSize[];
  only: readonly Group[];
  quick: boolean;
  rounds: number;
  seconds: number;
  /** Whether to measure how long an empty ledger takes to catch up, which takes minutes. */
  catchUp: boolean;
  /** The folder where the books are kept; they are made there when missing. */
  books?: string;
  /** The folder for the JSON. */
  out: string;
}

interface Given extends Omit<GrowthOptions, "sizes" | "rounds" | "seconds"> {
  stocks?: number[];
  trades?: number;
  refusals?: number;
  rounds?: number;
  seconds?: number;
}

/** Reads the command line, without the program's name. Throws as `readOptions` of the benchmark does. */
export function readGrowthOptions(args: readonly string[]): GrowthOptions {
  const { stocks, trades, refusals, rounds, seconds, ...options } = new Command("bench:growth")
    .description(
      "Compares markets of many stocks, trades and refusals with a small one, and prints the ratios.",
    )
    .option("--stocks <counts...>", "numbers of stocks (10 1000 1000000; quick: 1000)", counts)
    .option("--trades <n>", "trades in the books (10000000; quick: 20000)", count)
    .option("--refusals <n>", "refusals in the books of one more market (as many as trades)", count)
    .addOption(
      new Option("--only <groups...>", "measure only these")
        .choices(growthGroups)
        .default([...growthGroups], "all"),
    )
    .option("--quick", "small books and short rounds: does it work?", false)
    .option("--rounds <n>", "rounds of each market (5; quick: 1)", positiveInteger)
    .option("--seconds <n>", "seconds of each round (4; quick: 1)", positiveInteger)
    .option("--no-catch-up", "do not measure how long an empty ledger takes to catch up, which takes minutes")
    .option("--books <folder>", "keep the books in it, and use those that it already has")
    .option("--out <folder>", "where to write growth.json", "data/bench")
    .addHelpText(
      "after",
      "\nExit code: 0 when all books add up, 1 when not, 2 for wrong options. A missed target does not change it.",
    )
    .exitOverride()
    .parse(args, { from: "user" })
    .opts<Given>();
  const { quick } = options;
  const isSmall = quick ? 20_000 : 10_000_000;
  return {
    ...options,
    sizes: sizesOf(
      stocks ?? (quick ? [1_000] : [10, 1_000, 1_000_000]),
      trades ?? isSmall,
      refusals ?? trades ?? isSmall,
    ),
    rounds: rounds ?? (quick ? 1 : 5),
    seconds: seconds ?? (quick ? 1 : 4),
  };
}

/** Each number of stocks with and without trades, and refusals alone; without the smallest size, the reference. */
function sizesOf(stocks: readonly number[], trades: number, refusals: number): BookSize[] {
  const sizes = stocks.flatMap((one) => [
    { stocks: one, trades: 0, refusals: 0 },
    { stocks: one, trades, refusals: 0 },
  ]);
  const { stocks: fewest } = smallest;
  return [...sizes, { stocks: fewest, trades: 0, refusals }].filter(
    (size, index, all) =>
      !Bun.deepEquals(size, smallest) && all.findIndex((other) => Bun.deepEquals(size, other)) === index,
  );
}

function count(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number.");
}

function counts(text: string, earlier: number[] = []): number[] {
  const given = count(text);
  if (given < smallest.stocks) throw new InvalidArgumentError(`It is ${smallest.stocks} or more.`);
  return [...earlier, given];
}
