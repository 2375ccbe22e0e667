import pino from "pino";

import { ExitCode } from "../exit-codes.ts";
import { linesOf } from "./lines.ts";
import { listenForStop } from "./stop-signals.ts";
import { judgeExit, nextBackoffMs } from "./verdict.ts";

/** A process to keep running. `env` is its whole environment; undefined: the supervisor's. */
export interface ManagedProcess {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export type OutputStream = "stdout" | "stderr";

/** Takes each line that a process prints, and the supervisor's own (pino JSON) under the name `supervisor`. */
export type OnLine = (name: string, text: string, stream: OutputStream) => void;

export interface SuperviseOptions {
  /** Started all at once, stopped one after the other from the last to the first. */
  readonly processes: readonly ManagedProcess[];
  readonly onLine: OnLine;
  /** `never`: a crash ends everything, like a refusal. */
  readonly restart: "crashes" | "never";
  /** How often a process that crashed may refuse to start again before its refusal counts. */
  readonly refusedRestarts?: number;
  /** Time to stop: processes that still run after it are killed. */
  readonly graceMs?: number;
}

type Child = Bun.Subprocess<"ignore", "pipe", "pipe">;

/**
 * Runs the processes until a signal asks to stop or one of them ends and is not restarted, then ends them all, from the
 * last to the first: each gets SIGTERM when the one before it has exited or has used up its share of `graceMs`. After
 * `graceMs`, or at a second signal (Ctrl-C pressed twice), the rest gets SIGKILL.
 *
 * A refusal at the first start counts at once. After a crash it may be of the moment only (another process has taken the
 * port, or holds the data), so it is tried again a few times, for some 20 seconds.
 *
 * Resolves to this process's exit code: 0 after a signal or when a process was done by itself; 1 when one refused
 * to start, or crashed and is not to be restarted. Rejects if a command cannot be started or `onLine` throws.
 * Either way no child is left.
 */
export async function superviseAll(options: SuperviseOptions): Promise<number> {
  const { processes, onLine, restart, refusedRestarts = 8, graceMs = 12_000 } = options;
  const log = pino(
    { base: { service: "supervisor" } },
    { write: (line) => onLine("supervisor", line.trimEnd(), "stdout") },
  );
  const children = new Map<string, Child>();
  const stopping = new AbortController();
  let exitCode: number = ExitCode.done;

  const keepRunning = async (managed: ManagedProcess): Promise<void> => {
    const { name } = managed;
    let backoffMs = 0;
    let refusalsLeft = 0;
    while (!stopping.signal.aborted) {
      const startedAtMs = performance.now();
      const child = start(managed);
      children.set(name, child);
      await endOf(child, name, onLine);
      children.delete(name);
      if (stopping.signal.aborted) return;

      const verdict = judgeExit(child.exitCode);
      const how = child.signalCode ?? `exit code ${child.exitCode}`;
      const isTriedAgain = verdict === "refused" && refusalsLeft > 0;
      if ((verdict === "crashed" && restart === "crashes") || isTriedAgain) {
        refusalsLeft = isTriedAgain ? refusalsLeft - 1 : refusedRestarts;
        backoffMs = nextBackoffMs(backoffMs, performance.now() - startedAtMs);
        const what = isTriedAgain ? "refused to start again" : "crashed";
        log.warn(`${name} ${what} (${how}), starting it again in ${backoffMs} ms`);
        await waitAtMost(backoffMs, aborted(stopping.signal));
        continue;
      }
      if (verdict === "done") log.info(`${name} ended by itself, stopping the others`);
      else {
        exitCode = ExitCode.refused;
        log.error(`${name} ${verdict} (${how}) and is not started again, stopping the others`);
      }
      stopping.abort();
    }
  };

  const killAll = (): void => {
    for (const [name, child] of children) {
      log.warn(`${name} did not end by itself, killing it`);
      child.kill("SIGKILL");
    }
  };

  const stopListening = listenForStop((signal) => {
    log.info(`${signal}, stopping`);
    stopping.abort();
  }, killAll);
  let deadline: NodeJS.Timeout | undefined;
  try {
    const runs = processes.map((managed) => ({ name: managed.name, ended: keepRunning(managed) }));
    const allEnded = Promise.all(runs.map(({ ended }) => ended));
    await Promise.race([allEnded, aborted(stopping.signal)]);
    deadline = setTimeout(killAll, graceMs);
    for (const { name, ended } of runs.toReversed()) {
      children.get(name)?.kill("SIGTERM");
      await waitAtMost(graceMs / runs.length, ended);
    }
    await allEnded;
    return exitCode;
  } finally {
    clearTimeout(deadline);
    stopListening();
    stopping.abort();
    for (const child of children.values()) child.kill("SIGKILL");
    await Promise.all([...children.values()].map((child) => child.exited));
  }
}

/** Detached: Ctrl-C goes to the whole process group of a terminal, and would end all processes at once. */
function start({ command, env }: ManagedProcess): Child {
  return Bun.spawn([...command], {
    ...(env && { env }),
    detached: true,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** Resolves once the child has exited and its last line was passed on. */
async function endOf(child: Child, name: string, onLine: OnLine): Promise<void> {
  const forward = async (stream: OutputStream): Promise<void> => {
    for await (const text of linesOf(child[stream])) onLine(name, text, stream);
  };
  await Promise.all([child.exited, forward("stdout"), forward("stderr")]);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

async function waitAtMost(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const timeUp = Promise.withResolvers<void>();
  const timer = setTimeout(timeUp.resolve, timeoutMs);
  await Promise.race([work, timeUp.promise]);
  clearTimeout(timer);
}
