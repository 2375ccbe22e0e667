import { ExitCode } from "../exit-codes.ts";

/** Why a process has ended. */
export type Verdict = "done" | "refused" | "crashed";

/** Judges an ended process; `exitCode` is null when a signal ended it. */
export function judgeExit(exitCode: number | null): Verdict {
  switch (exitCode) {
    case ExitCode.done:
      return "done";
    case ExitCode.refused:
      return "refused";
    default:
      return "crashed";
  }
}

const firstBackoffMs = 100;
const longestBackoffMs = 5_000;
const stableAfterMs = 10_000;

/** The pause before the next start: doubles with each crash, and is short again after a run of 10 s. */
export function nextBackoffMs(previousMs: number, livedMs: number): number {
  if (previousMs === 0 || livedMs >= stableAfterMs) return firstBackoffMs;
  return Math.min(previousMs * 2, longestBackoffMs);
}
