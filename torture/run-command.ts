import { CommanderError } from "commander";

/**
 * Runs a command to its exit code. At the exit, by Ctrl-C too, its processes and files are removed
 * (testing/at-exit.ts).
 */
export async function runCommand(main: (args: readonly string[]) => Promise<number>): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
  try {
    process.exit(await main(process.argv.slice(2)));
  } catch (error) {
    // commander has printed what is wrong.
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}
