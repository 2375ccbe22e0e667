import { systemClock, type Clock } from "../../services/runtime/flow/clock.ts";
import type { Log } from "../../services/runtime/process/log.ts";
import type { Check } from "./checks.ts";
import { runAudit, type AuditReport } from "./run.ts";
import { AuditImpossible, type AuditSource } from "./source.ts";

/**
 * The last audit as `GET /audit` shows it. While the next one runs, the result of the last one stays; before the first
 * has ended, `at` and `ok` are null. `problem` is why the last attempt could not be carried out, else null.
 */
export interface LatestAudit {
  state: "running" | "done" | "never";
  at: string | null;
  ok: boolean | null;
  checks: Check[];
  problem: string | null;
}

/** From the end of an audit to the start of the next. */
const restMs = 1_000;

/** Runs one audit at a time when asked to, and keeps the last result. */
export class AuditRunner {
  readonly #source: AuditSource;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #report: AuditReport | undefined;
  #problem: string | null = null;
  #isRunning = false;
  #endedAtMs = -Infinity;

  constructor(source: AuditSource, log: Log, clock: Clock = systemClock) {
    this.#source = source;
    this.#log = log;
    this.#clock = clock;
  }

  latest(): LatestAudit {
    const { at, ok, checks } = this.#report ?? { at: null, ok: null, checks: [] };
    const state = this.#isRunning ? "running" : this.#report ? "done" : "never";
    return { state, at, ok, checks, problem: this.#problem };
  }

  /**
   * The answer to `GET /audit`: the last result; asking starts the next audit. A result that nobody has asked for yet is
   * shown as done, although this call starts the next audit.
   */
  ask(): LatestAudit {
    const latest = this.latest();
    this.start();
    return latest.state === "never" && latest.problem === null ? this.latest() : latest;
  }

  /** Starts an audit, unless one is running or the last ended less than a second ago. */
  start(): void {
    const isResting = this.#clock.now() - this.#endedAtMs < restMs;
    if (this.#isRunning || this.#stop.signal.aborted || isResting) return;
    this.#isRunning = true;
    void this.#run();
  }

  /** Ends the running audit and starts no other. */
  stop(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    try {
      this.#report = await runAudit(this.#source, { signal: this.#stop.signal, clock: this.#clock });
      this.#problem = null;
      const failed = this.#report.checks.filter(({ ok }) => !ok);
      if (failed.length > 0) this.#log.error({ checks: failed }, "the audit found the books inconsistent");
    } catch (error) {
      this.#noteFailure(error);
    }
    this.#isRunning = false;
    this.#endedAtMs = this.#clock.now();
  }

  #noteFailure(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    const isExpected = error instanceof AuditImpossible;
    this.#problem = isExpected ? error.message : "the audit broke off: the log says why";
    if (isExpected) this.#log.warn({ problem: error.message }, "the audit could not be carried out");
    else this.#log.error({ err: error }, "the audit broke off");
  }
}
