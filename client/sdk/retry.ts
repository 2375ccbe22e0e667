import type { CallError } from "./types.ts";

const firstWaitMs = 100;
const longestWaitMs = 2_000;
const shortestAttemptMs = 1_000;

/**
 * Whether the same request may end better when it is sent again: it was lost on the way, the market was too busy, or
 * an earlier copy of the order is still under way.
 */
export function isRetryable(error: CallError): boolean {
  switch (error.reason) {
    case "network_error":
    case "timeout":
    case "order_in_flight":
      return true;
    case "unexpected_reply":
      return error.code >= 500 || error.code === 429;
    case "aborted":
      return false;
    default:
      return error.code === 429 || error.code === 503;
  }
}

/**
 * How long to wait before the `retry`th retry (from 0): exponential with full jitter, so that clients that failed
 * together do not come back together, and never less than the server asked for. `random` is in [0, 1).
 */
export function backoffMs(retry: number, random: number, retryAfterMs = 0): number {
  return retryAfterMs + random * Math.min(longestWaitMs, firstWaitMs * 2 ** retry);
}

/** Half of what is left of the call, so that one lost attempt always leaves room for another. */
export function attemptTimeoutMs(remainingMs: number): number {
  return Math.min(remainingMs, Math.max(shortestAttemptMs, remainingMs / 2));
}

/** A `Retry-After` header, seconds or an HTTP date, as milliseconds from now; 0 for none or for nonsense. */
export function retryAfterMsOf(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? 0 : Math.max(0, dateMs - nowMs);
}
