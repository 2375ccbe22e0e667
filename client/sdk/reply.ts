import { isReason } from "./errors.ts";
import { retryAfterMsOf } from "./retry.ts";
import type { CallError, Result } from "./types.ts";

/** What one attempt came to: the whole body of a success, or an error. */
export type Attempt = { body: { data: unknown } } | FailedAttempt;
export interface FailedAttempt {
  error: CallError;
  /** What the market asked to wait, 0 for nothing. */
  retryAfterMs: number;
}

/** Checks no further than that a success is JSON with `data` in it. */
export function readReply(response: Response, text: string): Attempt {
  const body = parseJson(text);
  if (response.ok && isRecord(body) && "data" in body) return { body: { ...body, data: body["data"] } };
  const retryAfterMs = retryAfterMsOf(response.headers.get("Retry-After"), Date.now());
  return { error: errorIn(body, response.status), retryAfterMs };
}

/** The error in a body; `unexpected_reply` for what no market of this version says. */
export function errorIn(body: unknown, code: number): CallError {
  const error = isRecord(body) && isRecord(body["error"]) ? body["error"] : {};
  const message = typeof error["message"] === "string" ? error["message"] : "not an answer of a market";
  const reason = isReason(error["reason"]) ? error["reason"] : "unexpected_reply";
  return { code, message, reason };
}

/** The market at the other end is trusted to put under `data` what its contract says. */
export function dataOf<Data>(result: Result<{ data: unknown }>): Result<Data> {
  return result.error ? result : { data: result.data.data as Data, error: null };
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
