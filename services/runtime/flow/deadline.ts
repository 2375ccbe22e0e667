/**
 * Makes one call with a signal that fires after `timeoutMs`, or when `earlier` does. Nothing of it outlives the call:
 * AbortSignal.timeout and AbortSignal.any leave a timer and two signals for the whole time, a thousand for each
 * thousand calls.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  earlier: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (earlier?.aborted) abort();
  const timer = setTimeout(abort, timeoutMs);
  earlier?.addEventListener("abort", abort);
  try {
    return await call(controller.signal);
  } finally {
    clearTimeout(timer);
    earlier?.removeEventListener("abort", abort);
  }
}
