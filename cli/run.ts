import { CommanderError } from "commander";

import { storeFailureIn } from "../db/store-failure.ts";

type ErrorClass = abstract new (...args: never[]) => Error;

/** A command that could not do its work. The message is one line for people. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/** One subcommand of `bourse`. */
export interface Subcommand {
  readonly name: string;
  readonly exitCodes: {
    /** Wrong options. */
    usage: number;
    /** The work could not be done, or was interrupted. */
    failed: number;
  };
  /** Errors that a person must correct. They are shown by their message, all others with their stack. */
  readonly refusals?: readonly ErrorClass[];
  /**
   * Whether it handles SIGINT and SIGTERM; it then gets SIGTERM when the reader of its output has closed the pipe.
   * Otherwise signals end it at once with `exitCodes.failed`.
   */
  readonly handlesSignals?: boolean;
  /** `args` is the command line after the name. Resolves to the exit code. */
  run(args: readonly string[]): Promise<number>;
}

/**
 * Calls `end` once, without a message, when the reader of the output (`head`, a pager) has closed the pipe. A
 * command that ends by writing its result has set its exit code before that. `onOtherError` gets every other error of
 * the output, such as a full disk.
 */
export function endWithoutReader(end: () => void, onOtherError: (error: Error) => void): void {
  let isEnding = false;
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") return onOtherError(error);
      if (!isEnding) setImmediate(end);
      isEnding = true;
    });
}

/** Ends a command that cannot write its result, with one line on standard error. */
export function failedOutput(name: string, exitCode: number): (error: Error) => void {
  return (error) => {
    process.stderr.write(`${name}: ${describeError(error, [])}\n`);
    process.exit(exitCode);
  };
}

/** Runs a subcommand and sets this process's exit code. An error is one line on standard error. */
export async function runSubcommand(subcommand: Subcommand, args: readonly string[]): Promise<void> {
  const { name, exitCodes, refusals = [], handlesSignals = false, run } = subcommand;
  // A market goes on without its log.
  if (handlesSignals)
    endWithoutReader(
      () => process.kill(process.pid, "SIGTERM"),
      () => undefined,
    );
  else {
    endWithoutReader(
      () => process.exit(process.exitCode ?? exitCodes.failed),
      failedOutput(name, exitCodes.failed),
    );
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => process.exit(exitCodes.failed));
  }
  try {
    process.exitCode = await run(args);
  } catch (error) {
    // Commander has already printed its message or the help.
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
      return;
    }
    process.exitCode = exitCodes.failed;
    process.stderr.write(`${name}: ${describeError(error, [CommandFailed, ...refusals])}\n`);
  }
}

/** One line for an error that a person must correct, the stack for any other. */
export function describeError(error: unknown, refusals: readonly ErrorClass[]): string {
  if (!(error instanceof Error)) return String(error);
  const failure = storeFailureIn(error);
  if (failure?.kind === "full" || codeOf(error) === "ENOSPC") return "there is no room left on the disk";
  const isForPeople = failure !== undefined || refusals.some((refusal) => error instanceof refusal);
  if (isForPeople || /^E[A-Z]+$/.test(codeOf(error))) return error.message.replaceAll(/\s*\n\s*/g, " ");
  return error.stack ?? error.message;
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "";
}
