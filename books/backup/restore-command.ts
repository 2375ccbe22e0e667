import { Command } from "commander";

import { readEnv } from "../../services/runtime/process/env.ts";
import { ExitCode, runCommand } from "./command.ts";
import { showProgress } from "./progress.ts";
import { BackupRefused } from "./refused.ts";
import { restore, type Restoration } from "./restore.ts";

interface Options {
  force?: true;
  rollForward?: true;
  dropOrders?: true;
  keepWrongBooks?: true;
}

const command = new Command("restore")
  .description("Restores a backup into BOURSE_DATA_DIR, with the services stopped, and audits it")
  .argument("[file]", "the backup; with --roll-forward none is needed: the catalog that is there is taken")
  .option("--force", "replace the data that is there; the old files are kept under another name")
  .option("--roll-forward", "take the orders over that only the ledger which is there has")
  .option("--drop-orders", "restore although orders of the ledger which is there are lost by it")
  .option("--keep-wrong-books", "restore although the audit finds the books wrong")
  .exitOverride();

async function restoreMarket(): Promise<number> {
  command.parse();
  const [file] = command.args;
  const options = command.opts<Options>();
  if (file === undefined && !options.rollForward)
    throw new BackupRefused("give the backup to restore, or --roll-forward");
  if (options.rollForward && options.dropOrders)
    throw new BackupRefused("give --roll-forward or --drop-orders, not both");
  const progress = showProgress(process.stderr);
  const { dataDir } = readEnv();
  const restored = await restore({ dataDir, file, ...options, progress }).finally(() => progress.stop());
  process.stdout.write(restored ? summaryOf(restored, dataDir) : "the catalog is not behind its ledger\n");
  return !restored || restored.report.ok ? ExitCode.done : ExitCode.failed;
}

function summaryOf(restored: Restoration, dataDir: string): string {
  const { report, isPlaced, incarnation, trades, rolledForward, kept } = restored;
  const lines = report.checks.map(({ name, ok, detail }) => `${ok ? "✓" : "✗"} ${name}  ${detail}`);
  lines.push(report.ok ? "the books are true" : "the books are wrong");
  if (isPlaced) {
    const rolled = rolledForward > 0 ? `, ${rolledForward} of them from the ledger` : "";
    lines.push(`restored to ${dataDir}: trades 1 to ${trades}${rolled}, incarnation ${incarnation}`);
    lines.push(...kept.map((path) => `the old file is kept as ${path}`));
  } else lines.push(`nothing was restored to ${dataDir}: --keep-wrong-books would`);
  return `${lines.join("\n")}\n`;
}

await runCommand("restore", restoreMarket);
