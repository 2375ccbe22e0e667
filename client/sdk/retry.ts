import type { CallError } from "./types.ts";

const firstWaitMs = 100;
const longestWaitMs = 2_000;
const shortestAttemptMs = 1_000;

/**
 * Whether it is useful to send the same request again: it was lost, the market was overloaded, or an earlier copy of
 * the order is still in flight.
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
 * The wait before a retry, which are counted from 0: exponential, with full jitter, so that clients that failed at the
 * same time do not retry at the same time. Never less than `retryAfterMs`. `random` is in [0, 1).
 */
export function backoffMs(retry: number, random: number, retryAfterMs = 0): number {
  return retryAfterMs + random * Math.min(longestWaitMs, firstWaitMs * 2 ** retry);
}

/** Half of the time that is left for the call, so that after a lost attempt there is time for another one. */
export function attemptTimeoutMs(remainingMs: number): number {
  return Math.min(remainingMs, Math.max(shortestAttemptMs, remainingMs / 2));
}

/** A `Retry-After` header (seconds or an HTTP date) in milliseconds from now; 0 when it is missing or not valid. */
export function retryAfterMsOf(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? 0 : Math.max(0, dateMs - nowMs);
}
