import { Command } from "commander";

import { readEnv } from "../../services/runtime/process/env.ts";
import { writeBackup } from "./backup.ts";
import { ExitCode, runCommand } from "./command.ts";
import { showProgress } from "./progress.ts";

const command = new Command("backup")
  .description("Backs up the market in BOURSE_DATA_DIR into one file, while it trades or at rest")
  .argument("<file>", "the backup to write")
  .option("--force", "replace the file if it is there")
  .exitOverride();

async function backUp(): Promise<number> {
  command.parse();
  const [file = ""] = command.args;
  const { force = false } = command.opts<{ force?: true }>();
  const progress = showProgress(process.stderr);
  const { dataDir } = readEnv();
  const manifest = await writeBackup({ dataDir, file, force, progress }).finally(() => progress.stop());
  const { market_id, incarnation, trades, changes } = manifest;
  const megabytes = manifest.parts.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  process.stdout.write(
    `backed up to ${file} (${megabytes.toFixed(1)} MB) and read back: market ${market_id}, incarnation ${incarnation}, trades 1 to ${trades.number}, changes 1 to ${changes.number}\n`,
  );
  return ExitCode.done;
}

await runCommand("backup", backUp);
