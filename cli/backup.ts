import { writeBackup } from "../books/backup/backup.ts";
import { readEnv } from "../services/runtime/process/env.ts";
import { backupExitCodes, backupRefusals } from "./backup-errors.ts";
import { newCommand } from "./command.ts";
import { startProgress } from "./progress.ts";
import type { Subcommand } from "./run.ts";
import { stepProgress } from "./step-progress.ts";

const help = {
  description: "Backs the market in BOURSE_DATA_DIR up into one file, while it trades or at rest.",
  examples: [
    ["backup market.bak", "refuses to replace a file that exists"],
    ["backup market.bak --force", "replaces it, once the new backup is complete and read back"],
  ],
  exitCodes: {
    0: "the backup is on the disk, and was read back",
    1: "there is no new backup, or wrong options: one line says why",
  },
} as const;

export const backup: Subcommand = {
  name: "backup",
  exitCodes: backupExitCodes,
  refusals: backupRefusals,
  async run(args) {
    const command = newCommand("backup", help)
      .argument("<file>", "the backup to write")
      .option("--force", "replace the file if it exists")
      .parse(args, { from: "user" });
    const [file = ""] = command.args;
    const { force = false } = command.opts<{ force?: true }>();
    const { dataDir } = readEnv();
    const progress = startProgress("backup");
    const manifest = await writeBackup({
      dataDir,
      file,
      force,
      progress: stepProgress(progress),
    }).finally(() => progress.stop());
    const { market_id, incarnation, trades, changes } = manifest;
    const megabytes = manifest.parts.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
    process.stdout.write(
      `backed up to ${file} (${megabytes.toFixed(1)} MB) and read back: market ${market_id}, incarnation ${incarnation}, trades 1 to ${trades.number}, changes 1 to ${changes.number}\n`,
    );
    return 0;
  },
};
