import type { Log } from "../../services/runtime/process/log.ts";
import type { Check } from "./checks.ts";
import { runAudit, type AuditReport } from "./run.ts";
import { AuditImpossible, type AuditSource } from "./source.ts";

/**
 * The last audit as `GET /audit` shows it. While the next one runs, the last one's result stays; before the first
 * has ended, `at` and `ok` are null. `problem` says why the last attempt could not be carried out, else it is null.
 */
export interface LatestAudit {
  state: "running" | "done" | "never";
  at: string | null;
  ok: boolean | null;
  checks: Check[];
  problem: string | null;
}

const restMs = 1_000;

/** Runs one audit at a time when asked to, and keeps the last result. */
export class AuditRunner {
  readonly #source: AuditSource;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #report: AuditReport | undefined;
  #problem: string | null = null;
  #isRunning = false;
  #endedAt = -Infinity;

  constructor(source: AuditSource, log: Log) {
    this.#source = source;
    this.#log = log;
  }

  latest(): LatestAudit {
    const { at, ok, checks } = this.#report ?? { at: null, ok: null, checks: [] };
    const state = this.#isRunning ? "running" : this.#report ? "done" : "never";
    return { state, at, ok, checks, problem: this.#problem };
  }

  /**
   * What `GET /audit` answers: what is known, and asking starts the next audit. A result that has not been asked for
   * since it came is shown as done, however seldom somebody asks.
   */
  ask(): LatestAudit {
    const known = this.latest();
    this.start();
    return known.state === "never" && known.problem === null ? this.latest() : known;
  }

  /** Starts an audit, unless one is running or the last ended less than a second ago. */
  start(): void {
    if (this.#isRunning || this.#stop.signal.aborted || performance.now() - this.#endedAt < restMs) return;
    this.#isRunning = true;
    void this.#run();
  }

  /** Ends the audit under way; none starts any more. For the end of a process. */
  stop(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    try {
      this.#report = await runAudit(this.#source, { signal: this.#stop.signal });
      this.#problem = null;
      const failed = this.#report.checks.filter(({ ok }) => !ok);
      if (failed.length > 0) this.#log.error({ checks: failed }, "the audit found the books wrong");
    } catch (error) {
      this.#noteFailure(error);
    }
    this.#isRunning = false;
    this.#endedAt = performance.now();
  }

  #noteFailure(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    const isExpected = error instanceof AuditImpossible;
    this.#problem = isExpected ? error.message : "the audit broke off: the log says why";
    if (isExpected) this.#log.warn({ problem: error.message }, "the audit could not be carried out");
    else this.#log.error({ err: error }, "the audit broke off");
  }
}
