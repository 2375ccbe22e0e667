import { readEnv, type Env } from "./env.ts";
import { ExitCode } from "./exit-codes.ts";
import { refuseExposure } from "./exposure.ts";
import { isHangupIgnored } from "./hangup.ts";
import { createLog, type Log } from "./log.ts";
import { StartRefused } from "./start-refused.ts";

/** A service that was started: its address, and `stop`, which answers the calls in flight and closes everything. */
export interface Running {
  url: string;
  stop(): Promise<void>;
}

export interface Service {
  name: string;
  start(env: Env, log: Log): Promise<Running>;
  /** True: this is the whole market in one process, which opens no internal port. Default: false. */
  isWholeMarket?: boolean;
  /** Classes of errors at start that a person must correct, in addition to StartRefused. */
  refusals: readonly (new (...args: never[]) => Error)[];
}

const stopDeadlineMs = 9_500;

/**
 * Runs a service as this process: starts it, logs that it is ready, and ends it with exit code 0 on SIGTERM, on Ctrl-C, and
 * on SIGHUP (its terminal was closed) unless that was ignored at the start, as by `nohup`. An
 * error that a person must correct is one line on standard error and exit code 1. Any other error is logged and is exit
 * code 70, after which a supervisor starts the service again.
 */
export async function runService({ name, start, isWholeMarket = false, refusals }: Service): Promise<void> {
  const log = createLog(name);
  process.on("uncaughtException", (error) => crash(log, error));
  process.on("unhandledRejection", (error) => crash(log, error));
  try {
    const env = readEnv();
    refuseExposure(env, { hasInternalPorts: !isWholeMarket });
    log.level = env.logLevel;
    const running = await start(env, log);
    for (const signal of ["SIGTERM", "SIGINT", ...(isHangupIgnored() ? [] : ["SIGHUP"])])
      process.once(signal, () => void stopAndExit(running, log));
    log.info({ url: running.url }, "ready");
  } catch (error) {
    if (![StartRefused, ...refusals].some((refusal) => error instanceof refusal)) crash(log, error);
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(ExitCode.refused);
  }
}

/** Ends this process because its state in memory may be wrong. The next start reads the state from the disk. */
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
