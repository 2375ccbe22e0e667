import { restore as restoreMarket, type Restoration } from "../books/backup/restore.ts";
import { readEnv } from "../services/runtime/process/env.ts";
import { backupExitCodes, backupRefusals } from "./backup-errors.ts";
import { newCommand } from "./command.ts";
import { startProgress } from "./progress.ts";
import { CommandFailed, type Subcommand } from "./run.ts";
import { stepProgress } from "./step-progress.ts";

const help = {
  description: "Restores a backup into BOURSE_DATA_DIR, with the services stopped, and audits it.",
  examples: [
    ["restore market.bak", "into a data folder without a market"],
    ["restore market.bak --force", "replaces the data, and keeps the old files under another name"],
    ["restore market.bak --roll-forward", "and takes the newer orders over from the ledger in the folder"],
    ["restore --roll-forward", "brings a catalog that is older than its ledger up to date"],
  ],
  exitCodes: {
    0: "the restored books are consistent and in the folder, or there was nothing to do",
    1: "nothing was restored, or inconsistent books with --keep-wrong-books, or wrong options: the output says which",
  },
} as const;

interface Options {
  force?: true;
  rollForward?: true;
  dropOrders?: true;
  keepWrongBooks?: true;
}

export const restore: Subcommand = {
  name: "restore",
  exitCodes: backupExitCodes,
  refusals: backupRefusals,
  async run(args) {
    const command = newCommand("restore", help)
      .argument("[file]", "the backup; with --roll-forward none is needed: the catalog in the folder is used")
      .option("--force", "replace the data in the folder; the old files are kept under another name")
      .option("--roll-forward", "take over the orders that only the ledger in the folder has")
      .option("--drop-orders", "restore although orders of the ledger in the folder are lost by it")
      .option("--keep-wrong-books", "restore although the audit finds the books inconsistent")
      .parse(args, { from: "user" });
    const [file] = command.args;
    const options = command.opts<Options>();
    if (file === undefined && !options.rollForward)
      throw new CommandFailed("give the backup to restore, or --roll-forward");
    if (options.rollForward && options.dropOrders)
      throw new CommandFailed("give --roll-forward or --drop-orders, not both");
    const { dataDir } = readEnv();
    const progress = startProgress("restore");
    const restored = await restoreMarket({
      dataDir,
      file,
      ...options,
      progress: stepProgress(progress),
    }).finally(() => progress.stop());
    process.stdout.write(restored ? summaryOf(restored, dataDir) : "the catalog is not behind its ledger\n");
    return !restored || restored.report.ok ? 0 : backupExitCodes.failed;
  },
};

function summaryOf(restored: Restoration, dataDir: string): string {
  const { report, isInstalled, incarnation, trades, rolledForward, kept } = restored;
  const lines = report.checks.map(({ name, ok, detail }) => `${ok ? "✓" : "✗"} ${name}  ${detail}`);
  lines.push(report.ok ? "the books are consistent" : "the books are inconsistent");
  if (isInstalled) {
    const rolled = rolledForward > 0 ? `, ${rolledForward} of them from the ledger` : "";
    lines.push(`restored to ${dataDir}: trades 1 to ${trades}${rolled}, incarnation ${incarnation}`);
    lines.push(...kept.map((path) => `the old file is kept as ${path}`));
  } else lines.push(`nothing was restored to ${dataDir}: --keep-wrong-books would`);
  return `${lines.join("\n")}\n`;
}
