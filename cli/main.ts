#!/usr/bin/env bun
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { Command } from "commander";

import manifest from "../package.json" with { type: "json" };
import { CommandFailed, endWithoutReader, failedOutput, runSubcommand, type Subcommand } from "./run.ts";

interface Entry {
  summary: string;
  /** A folder of the repository that it needs; the container image has none of these. */
  folder?: string;
  run(args: readonly string[]): Promise<void>;
}

/** Only the subcommand that runs is loaded. */
function subcommand(summary: string, load: () => Promise<Subcommand>): Entry {
  return { summary, run: async (args) => runSubcommand(await load(), args) };
}

/** A program that reads its own command line: `main.ts` in its folder. */
function program(folder: string, summary: string): Entry {
  return {
    summary,
    folder,
    async run(args) {
      endWithoutReader(() => process.exit(process.exitCode ?? 1), failedOutput(folder, 1));
      process.argv.splice(2, Infinity, ...args);
      await import(urlOf(`${folder}/main.ts`).href);
    },
  };
}

const entries: Readonly<Record<string, Entry>> = {
  start: subcommand("run a market", async () => (await import("./start.ts")).start),
  dev: subcommand("run a market, reload it when a file changes", async () => (await import("./dev.ts")).dev),
  keys: subcommand("make, list and revoke API keys", async () => (await import("./keys.ts")).keys),
  simulate: {
    ...subcommand(
      "trade as many clients, then check every acknowledged order",
      async () => (await import("./simulate.ts")).simulate,
    ),
    folder: "client",
  },
  audit: subcommand("check the books", async () => (await import("./audit.ts")).audit),
  backup: subcommand("back a market up into one file", async () => (await import("./backup.ts")).backup),
  restore: subcommand(
    "restore a backup, or roll a catalog forward",
    async () => (await import("./restore.ts")).restore,
  ),
  torture: program("torture", "break markets on purpose, and check what is left of them"),
  bench: program("bench", "measure a market beside what it could be"),
};

const epilog = `
Examples:
  bourse dev                   a market to try, on http://127.0.0.1:8080
  bourse simulate --clients 5  trades on it
  bourse audit                 checks its books

In a checkout each is also a script: \`bun run audit --help\`.

Exit codes: each subcommand lists its own; 2 for a subcommand that does not exist.`;

/** The help over all subcommands; the subcommands themselves parse their own options. */
function overview(): Command {
  const bourse = new Command("bourse")
    .description("A small stock exchange: every acknowledged order is in the ledger exactly once.")
    .version(manifest.version, "--version", "show the version")
    .helpOption("--help", "show this help, or with a subcommand its own")
    .addHelpText("after", epilog)
    .helpCommand("help [command]", "show the help of a subcommand")
    .exitOverride();
  for (const [name, { summary }] of Object.entries(entries)) bourse.command(name).summary(summary);
  return bourse;
}

function entryOf(name: string | undefined): Entry | undefined {
  return name !== undefined && Object.hasOwn(entries, name) ? entries[name] : undefined;
}

function urlOf(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}

async function main(args: readonly string[]): Promise<void> {
  const [first, ...rest] = args;
  const entry = entryOf(first) ?? (first === "help" ? entryOf(rest[0]) : undefined);
  if (entry && isInstalled(entry)) return entry.run(first === "help" ? ["--help"] : rest);
  await runSubcommand(
    {
      name: "bourse",
      exitCodes: { usage: 2, failed: 1 },
      async run() {
        if (entry) throw new CommandFailed(`this needs the folder ${entry.folder} of the repository`);
        overview().parse(args, { from: "user" });
        return 0;
      },
    },
    args,
  );
}

function isInstalled({ folder }: Entry): boolean {
  return folder === undefined || existsSync(fileURLToPath(urlOf(folder)));
}

await main(process.argv.slice(2));
