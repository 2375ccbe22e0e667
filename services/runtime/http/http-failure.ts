import { status } from "elysia";

import { errorBody, isReason, statusOf, type ErrorBody, type Reason } from "../../contract/errors.ts";

/** Thrown by a route; becomes the answer in `answerFailure`. `detail` and `headers` go to the client. */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";
  readonly reason: Reason;
  readonly detail: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(reason: Reason, detail?: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail ?? reason);
    this.reason = reason;
    this.detail = detail;
    this.headers = headers;
  }
}

/** Every status an error can have, so that Eden's clients see `ErrorBody` whatever went wrong. */
type FailureStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 431 | 500 | 503;

/** The one place where a reason becomes a status and a body. */
export function answerFailure(reason: Reason, detail?: string) {
  const body: ErrorBody = errorBody(reason, detail);
  return status(statusOf(reason) as FailureStatus, body);
}

/** The reason in a failed reply's body, if it is one of ours. */
export function reasonIn(body: unknown): Reason | undefined {
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const { error } = body;
  if (typeof error !== "object" || error === null || !("reason" in error)) return undefined;
  return isReason(error.reason) ? error.reason : undefined;
}
