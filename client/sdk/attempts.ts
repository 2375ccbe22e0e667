import { attemptTimeoutMs, backoffMs } from "./retry.ts";
import type { RetryBudget } from "./retry-budget.ts";

export interface AttemptLimits {
  /** For a whole call: every attempt and every wait between them. */
  timeoutMs: number;
  /** Attempts after the first, at most. */
  retries: number;
  budget: RetryBudget;
}

/** What an attempt that is worth another one asks for: `retryAfterMs` is the server's wish, 0 for none. */
export interface Unsettled {
  retryAfterMs: number;
}

/**
 * Makes attempts, with waits between them, until `unsettled` finds nothing left to do in the last one or another is not
 * allowed; resolves to the last one. An aborted `signal` ends a wait early, and the next attempt is to report it.
 */
export async function repeat<Attempt>(
  { timeoutMs, retries, budget }: AttemptLimits,
  signal: AbortSignal | undefined,
  attempt: (timeoutMs: number) => Promise<Attempt>,
  unsettled: (last: Attempt) => Unsettled | undefined,
): Promise<Attempt> {
  const deadlineMs = performance.now() + timeoutMs;
  budget.noteCall();
  for (let retry = 0; ; retry++) {
    const last = await attempt(attemptTimeoutMs(deadlineMs - performance.now()));
    const again = unsettled(last);
    if (!again || retry >= retries) return last;
    const waitMs = backoffMs(retry, Math.random(), again.retryAfterMs);
    const nowMs = performance.now();
    if (nowMs + waitMs >= deadlineMs || !budget.take(nowMs)) return last;
    await sleep(waitMs, signal);
  }
}

/** Ends early, without a word, when the signal does. */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}
