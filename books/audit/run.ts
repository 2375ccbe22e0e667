import { openBooks } from "./books.ts";
import { checkNames, Findings, type Check, type CheckName } from "./checks.ts";
import { DutyCycle } from "./paging.ts";
import { BooksUnreadable, type AuditSource } from "./source.ts";
import { Walk, type OnProgress } from "./walk.ts";

/** `at` is when it ended, ISO 8601. */
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
  /** Rest after each page, as a multiple of the time that it took. The source knows what suits it. */
  pace?: number;
}

/**
 * Checks the books from the first row to the last, in bounded memory and without holding a snapshot, at rest or
 * while orders flow. Rejects with AuditImpossible when it could not be carried out.
 */
export async function runAudit(source: AuditSource, options: AuditOptions = {}): Promise<AuditReport> {
  const findings = new Findings();
  const looked = await look(source, findings, options).catch((error: unknown) => {
    if (!(error instanceof BooksUnreadable)) throw error;
    for (const name of checkNames) findings.fail(name, `not carried out to the end: ${error.message}`);
    return {};
  });
  const checks = findings.checks(looked);
  return { ok: checks.every(({ ok }) => ok), at: new Date().toISOString(), checks };
}

/** Fills the findings; returns how much each check looked at. */
async function look(
  source: AuditSource,
  findings: Findings,
  options: AuditOptions,
): Promise<Partial<Record<CheckName, string>>> {
  const problems = await source.integrity?.();
  for (const problem of problems ?? []) findings.fail("integrity", problem);

  const pacer = new DutyCycle(options.pace ?? source.pace, options.signal);
  const books = await openBooks(source, pacer);
  const looked = await new Walk(source, findings, books, pacer, options.onProgress).toTheEnd();
  return { ...looked, ...(problems && { integrity: source.title }) };
}
