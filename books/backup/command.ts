import { CommanderError } from "commander";

import { DatabaseOpenError, MigrationError } from "../../db/sqlite/errors.ts";
import { storeFailureIn } from "../../db/store-failure.ts";
import { AuditImpossible } from "../audit/source.ts";
import { StartRefused } from "../../services/runtime/process/start-refused.ts";
import { BackupRefused } from "./refused.ts";

/** What the exit code of either command says. */
export const ExitCode = { done: 0, failed: 1 } as const;

/** Runs a command to its exit code. What went wrong is one line on stderr; Ctrl-C leaves nothing half behind. */
export async function runCommand(name: string, run: () => Promise<number>): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => process.exit(ExitCode.failed));
  try {
    process.exitCode = await run();
  } catch (error) {
    process.exitCode = ExitCode.failed;
    // Commander has printed its own message, or the help that was asked for.
    if (error instanceof CommanderError) process.exitCode = error.exitCode;
    else process.stderr.write(`${name}: ${describe(error)}\n`);
  }
}

const forPeople = [BackupRefused, AuditImpossible, StartRefused, DatabaseOpenError, MigrationError];

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const failure = storeFailureIn(error);
  const systemCode = "code" in error ? String(error.code) : "";
  if (failure?.kind === "full" || systemCode === "ENOSPC") return "there is no room left on the disk";
  const isExpected = failure !== undefined || /^E[A-Z]+$/.test(systemCode);
  if (isExpected || forPeople.some((kind) => error instanceof kind)) return error.message;
  return error.stack ?? error.message;
}
