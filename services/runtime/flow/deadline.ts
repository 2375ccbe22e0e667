import { systemClock, type Clock } from "./clock.ts";

/**
 * Makes one call with a signal that fires after `timeoutMs`, or when `earlier` fires. Its timer and its listener are
 * removed when the call ends; AbortSignal.timeout and AbortSignal.any would keep theirs for the whole `timeoutMs`.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  earlier: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (earlier?.aborted) abort();
  const cancelTimeout = clock.after(timeoutMs, abort);
  earlier?.addEventListener("abort", abort);
  try {
    return await call(controller.signal);
  } finally {
    cancelTimeout();
    earlier?.removeEventListener("abort", abort);
  }
}
