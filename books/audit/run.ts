import { systemClock, type Clock } from "../../services/runtime/flow/clock.ts";
import { readAuditStart } from "./audit-start.ts";
import { checkNames, Findings, type Check, type CheckCounts } from "./checks.ts";
import { DutyCycle } from "./paging.ts";
import { BooksUnreadable, type AuditSource } from "./source.ts";
import { Walk, type OnProgress } from "./walk.ts";

/** `at` is when the audit ended, ISO 8601. */
export interface AuditReport {
  ok: boolean;
  at: string;
  checks: Check[];
}

export interface AuditOptions {
  /** Called before each page of trades, and at the end. */
  onProgress?: OnProgress;
  /** Ends the audit, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Rest after each page, as a multiple of the time that the page took; otherwise the source's own. */
  restFactor?: number;
  clock?: Clock;
}

/**
 * Checks the books from the first row to the last, in bounded memory and without holding a snapshot,
 * whether or not orders are placed at the same time. Rejects with AuditImpossible when it could not be carried out.
 */
export async function runAudit(source: AuditSource, options: AuditOptions = {}): Promise<AuditReport> {
  const { clock = systemClock } = options;
  const findings = new Findings();
  const counts = await runChecks(source, findings, clock, options).catch((error: unknown) => {
    if (!(error instanceof BooksUnreadable)) throw error;
    for (const name of checkNames) findings.fail(name, `not carried out to the end: ${error.message}`);
    return {};
  });
  const checks = findings.checks(counts);
  return { ok: checks.every(({ ok }) => ok), at: new Date(clock.wallTime()).toISOString(), checks };
}

/** Adds what is wrong to the findings; returns how much each check covered. */
async function runChecks(
  source: AuditSource,
  findings: Findings,
  clock: Clock,
  { restFactor = source.restFactor, signal, onProgress }: AuditOptions,
): Promise<CheckCounts> {
  const problems = await source.integrity?.();
  for (const problem of problems ?? []) findings.fail("integrity", problem);

  const dutyCycle = new DutyCycle(restFactor, signal, clock);
  const start = await readAuditStart(source, dutyCycle, clock);
  const counts = await new Walk(source, findings, start, dutyCycle, onProgress).run();
  return { ...counts, ...(problems && { integrity: source.title }) };
}
