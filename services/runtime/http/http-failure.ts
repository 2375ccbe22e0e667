import { status } from "elysia";

import {
  errorBody,
  isReason,
  retryAfterOf,
  statusOf,
  type ErrorBody,
  type Reason,
} from "../../contract/errors.ts";

/**
 * Thrown by a route; `errorsPlugin` answers it. `detail` and `headers` go to the client, with the reason's `Retry-After`
 * unless `headers` has one.
 */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";
  readonly reason: Reason;
  readonly detail: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(reason: Reason, detail?: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail ?? reason);
    this.reason = reason;
    this.detail = detail;
    this.headers = { ...retryAfterHeaders(reason), ...headers };
  }
}

/** Every status of an error. Typed as their union, so that Eden's clients see `ErrorBody` for each of them. */
type FailureStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 421 | 422 | 429 | 431 | 500 | 503;

/** The `Retry-After` that the table of reasons gives this one, if any. */
export function retryAfterHeaders(reason: Reason): Readonly<Record<string, string>> {
  const seconds = retryAfterOf(reason);
  return seconds === undefined ? {} : { "retry-after": String(seconds) };
}

/** The status and the body that answer this reason. */
export function answerFailure(reason: Reason, detail?: string) {
  const body: ErrorBody = errorBody(reason, detail);
  return status(statusOf(reason) as FailureStatus, body);
}

/** The reason in a failed reply's body; undefined when the body has none from the table. */
export function reasonIn(body: unknown): Reason | undefined {
  const reason = errorIn(body)?.reason;
  return isReason(reason) ? reason : undefined;
}

/** The message in a failed reply's body, if it has one. */
export function messageIn(body: unknown): string | undefined {
  const message = errorIn(body)?.message;
  return typeof message === "string" ? message : undefined;
}

function errorIn(body: unknown): { reason?: unknown; message?: unknown } | undefined {
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  return typeof body.error === "object" && body.error !== null ? body.error : undefined;
}
