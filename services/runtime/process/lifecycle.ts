import { readEnv, type Env } from "./env.ts";
import { ExitCode } from "./exit-codes.ts";
import { createLog, type Log } from "./log.ts";
import { StartRefused } from "./start-refused.ts";

/** A service that has begun: where it listens, and how it ends (answer what is under way, close what is open). */
export interface Running {
  url: string;
  stop(): Promise<void>;
}

export interface Service {
  name: string;
  start(env: Env, log: Log): Promise<Running>;
  /** Classes of errors at start that a person must mend, beside StartRefused. */
  refusals: readonly (new (...args: never[]) => Error)[];
}

const stopDeadlineMs = 9_500;

/**
 * Runs a service as this process: starts it, says so, ends it on SIGTERM or Ctrl-C with 0. What a person must mend
 * is one line and exit 1; anything unexpected is logged and exits 70, which a supervisor answers with a restart.
 */
export async function runService({ name, start, refusals }: Service): Promise<void> {
  const log = createLog(name);
  process.on("uncaughtException", (error) => crash(log, error));
  process.on("unhandledRejection", (error) => crash(log, error));
  try {
    const env = readEnv();
    log.level = env.logLevel;
    const running = await start(env, log);
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.once(signal, () => void stopAndExit(running, log));
    log.info({ url: running.url }, "ready");
  } catch (error) {
    if (![StartRefused, ...refusals].some((refusal) => error instanceof refusal)) crash(log, error);
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(ExitCode.refused);
  }
}

/** Ends this process because its state can no longer be trusted; a restart reads the truth from the disk. */
export function crash(log: Log, error: unknown): never {
  log.fatal({ err: error }, "crashed");
  process.exit(ExitCode.crashed);
}

async function stopAndExit(running: Running, log: Log): Promise<void> {
  const deadline = setTimeout(() => {
    log.warn({ stopDeadlineMs }, "gave up waiting, ending now");
    process.exit(ExitCode.done);
  }, stopDeadlineMs);
  await running.stop();
  clearTimeout(deadline);
  log.info("stopped");
  process.exit(ExitCode.done);
}
