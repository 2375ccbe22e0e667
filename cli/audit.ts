import { auditedServicesAt } from "../books/audit/audited-services.ts";
import { counted } from "../books/audit/checks.ts";
import { liveSource } from "../books/audit/live-source.ts";
import { runAudit, type AuditReport } from "../books/audit/run.ts";
import { AuditImpossible, type AuditSource } from "../books/audit/source.ts";
import { FileSource } from "../books/audit/store.ts";
import { readEnv, type Env } from "../services/runtime/process/env.ts";
import { StartRefused } from "../services/runtime/process/start-refused.ts";
import { newCommand } from "./command.ts";
import { startProgress } from "./progress.ts";
import { CommandFailed, type Subcommand } from "./run.ts";

/** `failed`: the audit was not carried out, so it found nothing out about the books. */
const exitCodes = { ok: 0, violation: 1, failed: 2 } as const;

const help = {
  description:
    "Checks every book of a market: the running services, or, when none answers, the files in BOURSE_DATA_DIR.",
  details: `With --json, standard output is one line: {"ok", "at", "checks": [{"name", "ok", "detail"}]}.`,
  examples: [
    ["audit", "the running market, else its files"],
    ["audit --files backup-data", "the files in a folder, while services run or not"],
    ["audit --json | jq .ok", "for programs"],
  ],
  exitCodes: {
    [exitCodes.ok]: "the books are consistent",
    [exitCodes.violation]: "the books are inconsistent: the first violation of each check is shown",
    [exitCodes.failed]: "the audit was not carried out, or wrong options",
  },
} as const;

interface Options {
  live?: true;
  /** A folder, or true for the configured one. */
  files?: string | true;
  json?: true;
}

export const audit: Subcommand = {
  name: "audit",
  exitCodes: { usage: exitCodes.failed, failed: exitCodes.failed },
  refusals: [AuditImpossible, StartRefused],
  async run(args) {
    const options = newCommand("audit", help)
      .option("--live", "audit the running services (CATALOG_URL, ORDER_URL)")
      .option("--files [folder]", "audit the two files in a data folder (default: BOURSE_DATA_DIR)")
      .option("--json", "print the report as JSON")
      .parse(args, { from: "user" })
      .opts<Options>();
    const source = await sourceFor(options, readEnv());
    process.stderr.write(`audit: ${source.title}\n`);
    const progress = startProgress("audit");
    const report = await runAudit(source, {
      onProgress: ({ done, total }) =>
        progress.update(total === 0 ? 1 : done / total, `of ${counted(total, "trade")}`),
    }).finally(() => progress.stop());
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : table(report));
    return report.ok ? exitCodes.ok : exitCodes.violation;
  },
};

async function sourceFor({ live, files }: Options, env: Env): Promise<AuditSource> {
  if (live && files) throw new CommandFailed("give --live or --files, not both");
  if (files) return new FileSource(files === true ? env.dataDir : files);
  const { catalogUrl, orderUrl, serviceSecret } = env;
  const source = liveSource(auditedServicesAt(catalogUrl, orderUrl, serviceSecret));
  if (await source.answers()) return source;
  if (live) throw new CommandFailed(`no market answers at ${catalogUrl} (catalog) and ${orderUrl} (order)`);
  return new FileSource(env.dataDir);
}

function table({ ok, at, checks }: AuditReport): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map((check) => `${check.ok ? "✓" : "✗"} ${check.name.padEnd(width)}  ${check.detail}`);
  return `${lines.join("\n")}\n${ok ? "the books are consistent" : "the books are inconsistent"} (${at})\n`;
}
