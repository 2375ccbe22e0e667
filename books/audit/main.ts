import { Command, CommanderError } from "commander";

import { readEnv, type Env } from "../../services/runtime/process/env.ts";
import { StartRefused } from "../../services/runtime/process/start-refused.ts";
import { liveSource } from "./live-source.ts";
import { showProgress } from "./progress.ts";
import { runAudit, type AuditReport } from "./run.ts";
import { AuditImpossible, type AuditSource } from "./source.ts";
import { FileSource } from "./store.ts";

/** What the exit code says about the books; `impossible`: nothing. */
const ExitCode = { ok: 0, violation: 1, impossible: 2 } as const;

interface Options {
  live?: true;
  /** A folder, or true for the configured one. */
  files?: string | true;
  json?: true;
}

const command = new Command("audit")
  .description("Checks every book of the market: exit code 0 all true, 1 a violation, 2 not carried out")
  .option("--live", "audit the running services (CATALOG_URL, ORDER_URL)")
  .option("--files [folder]", "audit the two files in a data folder (default: BOURSE_DATA_DIR)")
  .option("--json", "print the report as JSON")
  .allowExcessArguments(false)
  .exitOverride();

async function main(): Promise<number> {
  command.parse();
  const options = command.opts<Options>();
  const source = await chooseSource(options, readEnv());
  process.stderr.write(`audit: ${source.title}\n`);
  const progress = showProgress(process.stderr);
  const report = await runAudit(source, { onProgress: progress.onProgress }).finally(() => progress.stop());
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : table(report));
  return report.ok ? ExitCode.ok : ExitCode.violation;
}

async function chooseSource({ live, files }: Options, env: Env): Promise<AuditSource> {
  if (live && files) throw new AuditImpossible("give --live or --files, not both");
  if (files) return new FileSource(files === true ? env.dataDir : files);
  const source = liveSource(env.catalogUrl, env.orderUrl, { serviceSecret: env.serviceSecret });
  if (await source.answers()) return source;
  if (live)
    throw new AuditImpossible(`no market answers at ${env.catalogUrl} (catalog) and ${env.orderUrl} (order)`);
  return new FileSource(env.dataDir);
}

function table({ ok, at, checks }: AuditReport): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map((check) => `${check.ok ? "✓" : "✗"} ${check.name.padEnd(width)}  ${check.detail}`);
  return `${lines.join("\n")}\n${ok ? "the books are true" : "the books are wrong"} (${at})\n`;
}

async function exitCodeOf(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    // Commander has printed its own message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.impossible;
    const isExpected = error instanceof AuditImpossible || error instanceof StartRefused;
    console.error("audit:", isExpected ? error.message : error);
    return ExitCode.impossible;
  }
}

process.exitCode = await exitCodeOf(main);
