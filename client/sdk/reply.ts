import { isReason } from "./errors.ts";
import { retryAfterMsOf } from "./retry.ts";
import type { CallError, Result } from "./types.ts";

/** The result of one attempt: the whole body of a success, or an error. */
export type Attempt = { body: { data: unknown } } | FailedAttempt;
export interface FailedAttempt {
  error: CallError;
  /** The wait that the market asks for, 0 for none. */
  retryAfterMs: number;
}

/** Checks only that a success is a JSON object with `data`, not what is in `data`. */
export function readReply(response: Response, text: string): Attempt {
  const body = parseJson(text);
  if (response.ok && isRecord(body) && "data" in body) return { body: { ...body, data: body["data"] } };
  const retryAfterMs = retryAfterMsOf(response.headers.get("Retry-After"), Date.now());
  return { error: errorIn(body, response.status), retryAfterMs };
}

/** The error in a body. Its reason is `unexpected_reply` when the body has no reason that this version knows. */
export function errorIn(body: unknown, code: number): CallError {
  const error = isRecord(body) && isRecord(body["error"]) ? body["error"] : {};
  const message = typeof error["message"] === "string" ? error["message"] : "not an answer of a market";
  const reason = isReason(error["reason"]) ? error["reason"] : "unexpected_reply";
  return { code, message, reason };
}

/** Does not check `data`: the SDK trusts the market to keep its contract. */
export function dataOf<Data>(result: Result<{ data: unknown }>): Result<Data> {
  return result.error ? result : { data: result.data.data as Data, error: null };
}

/** Undefined when the text is not JSON. */
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
