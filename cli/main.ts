#!/usr/bin/env bun
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { Command } from "commander";

import manifest from "../package.json" with { type: "json" };
import { CommandFailed, endWithoutReader, runSubcommand, type Subcommand } from "./run.ts";

interface Entry {
  summary: string;
  run(args: readonly string[]): Promise<void>;
}

/** Only the subcommand that runs is loaded. */
function subcommand(summary: string, load: () => Promise<Subcommand>): Entry {
  return { summary, run: async (args) => runSubcommand(await load(), args) };
}

/** A program of the checkout that reads its own command line; an installed Bourse comes without it. */
function program(name: string, summary: string): Entry {
  const url = new URL(`../${name}/main.ts`, import.meta.url);
  return {
    summary,
    async run(args) {
      if (!existsSync(fileURLToPath(url)))
        throw new CommandFailed(`${name} runs only in a checkout of the repository`);
      endWithoutReader(() => process.exit(process.exitCode ?? 1));
      process.argv.splice(2, Infinity, ...args);
      await import(url.href);
    },
  };
}

const entries: Readonly<Record<string, Entry>> = {
  start: subcommand("run a market", async () => (await import("./start.ts")).start),
  dev: subcommand("run a market, reload it when a file changes", async () => (await import("./dev.ts")).dev),
  keys: subcommand("make, list and revoke API keys", async () => (await import("./keys.ts")).keys),
  simulate: subcommand(
    "trade as many clients, then check every acknowledged order",
    async () => (await import("./simulate.ts")).simulate,
  ),
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

async function main(args: readonly string[]): Promise<void> {
  const [first, ...rest] = args;
  const entry = entryOf(first) ?? (first === "help" ? entryOf(rest[0]) : undefined);
  if (entry) return entry.run(first === "help" ? ["--help"] : rest);
  await runSubcommand(
    {
      name: "bourse",
      exitCodes: { usage: 2, failed: 1 },
      async run() {
        overview().parse(args, { from: "user" });
        return 0;
      },
    },
    args,
  );
}

await main(process.argv.slice(2));
