import { attemptTimeoutMs, backoffMs } from "./retry.ts";
import type { RetryBudget } from "./retry-budget.ts";

export interface AttemptLimits {
  /** For a whole call: all its attempts and the waits between them. */
  timeoutMs: number;
  /** The most attempts after the first one. */
  retries: number;
  budget: RetryBudget;
}

/** Another attempt is needed. `retryAfterMs` is the wait that the server asks for, 0 for none. */
export interface Unsettled {
  retryAfterMs: number;
}

/**
 * Makes attempts, with waits between them, until `unsettled` returns undefined or a limit allows no other attempt.
 * Resolves to the last attempt. When `signal` is aborted, a wait ends early; then `attempt` is called once more and
 * must report that.
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

/** Resolves after `ms`, or when the signal is aborted; never rejects. */
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

/** Settles as `work` does, or rejects as soon as the signal is aborted: `work` may ignore the signal. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Error("aborted"));
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
  });
}
