import { InvalidArgumentError, Option } from "commander";

import { newCommand } from "../cli/command.ts";
import type { Shape } from "../testing/market.ts";
import type { Campaign } from "./campaign.ts";

export interface TortureOptions {
  /** A campaign's name, or `all`. */
  campaign: string;
  shape: Shape;
  /** From 0 to 2^32 - 1. */
  seed: number;
  count?: number;
  minutes?: number;
  /** The file to write the report to. */
  json?: string;
}

/** `failed`: the campaigns were interrupted or could not be run. */
export const exitCodes = { ok: 0, violation: 1, failed: 2 } as const;

const seeds = 2 ** 32;

/**
 * Reads the command line, without the program's name. For wrong options and for --help, commander prints, and throws a
 * CommanderError (exit code 0 for --help).
 */
export function readOptions(args: readonly string[], campaigns: readonly Campaign[]): TortureOptions {
  const width = Math.max(...campaigns.map(({ name }) => name.length));
  const list = campaigns.map(({ name, describe }) => `  ${name.padEnd(width)}  ${describe}`).join("\n");
  const command = newCommand("torture", {
    description: "Injects faults into a market of its own, and checks that no guarantee is broken.",
    details: `Campaigns:
${list}

A seed repeats the choices of a run: which faults, when, and what the clients send. Processes and disks have their own
timing, so a rare violation may take several tries to appear again. The campaign \`simulation\` repeats to the byte: with
the same seed and count its trace is the same, and \`bun torture/simulation/main.ts --seed <n> --trace\` prints every
event of one schedule.`,
    examples: [
      ["torture --minutes 10", "every campaign, for ten minutes in all"],
      ["torture --campaign kill --shape one-process", "kills of a market in one process"],
    ],
    exitCodes: {
      [exitCodes.ok]: "no violation",
      [exitCodes.violation]: "a guarantee is broken",
      [exitCodes.failed]: "the campaigns were interrupted, or wrong options",
    },
  })
    .name("torture")
    .addOption(
      new Option("--campaign <name>", "one of those below")
        .choices(["all", ...campaigns.map(({ name }) => name)])
        .default("all"),
    )
    .addOption(
      new Option("--shape <shape>", "three services, or one process")
        .choices(["services", "one-process"])
        .default("services"),
    )
    .addOption(
      new Option("--seed <n>", "the same seed makes the same choices")
        .argParser(wholeNumber(0, seeds - 1))
        .default(Math.floor(Math.random() * seeds), "a random one"),
    )
    .option("--count <n>", "faults (or schedules) of each campaign", wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option("--minutes <n>", "begin no round after this time", minutes)
    .option("--json <file>", "write the report there");
  return command.parse(args, { from: "user" }).opts<TortureOptions>();
}

function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}

function minutes(text: string): number {
  const value = Number(text);
  if (/^(\d+|\d*\.\d+)$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError("It is a number above 0.");
}
