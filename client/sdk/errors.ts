import type { CallError, Failure, Reason, Refusal, Result, TransportReason } from "./types.ts";

type Standing = "outcome" | "rejected" | "not_done" | "open";

/**
 * What each reason means for the order that failed with it:
 * - `outcome`: the order was refused, for ever.
 * - `rejected`: the market never accepts this request.
 * - `not_done`: this attempt changed nothing; an earlier attempt may have.
 * - `open`: the order may have traded, or may still trade.
 */
const standings: Record<Refusal | Failure | TransportReason, Standing> = {
  insufficient_quantity: "outcome",
  limit_exceeded: "outcome",
  stock_not_found: "outcome",
  trading_halted: "outcome",
  price_changed: "outcome",
  invalid_request: "rejected",
  order_not_found: "rejected",
  route_not_found: "rejected",
  method_not_allowed: "rejected",
  payload_too_large: "rejected",
  unsupported_media_type: "rejected",
  wrong_host: "rejected",
  headers_too_large: "rejected",
  idempotency_key_reused: "rejected",
  unauthorized: "not_done",
  forbidden: "not_done",
  rate_limited: "not_done",
  overloaded: "not_done",
  storage_full: "not_done",
  unavailable: "not_done",
  order_in_flight: "open",
  internal_error: "open",
  outcome_unknown: "open",
  network_error: "open",
  timeout: "open",
  aborted: "open",
  unexpected_reply: "open",
};

export function isReason(value: unknown): value is Reason {
  return typeof value === "string" && Object.hasOwn(standings, value);
}

/** True when the market refused the order. Sending it again with the same key gives the same answer. */
export function isRefusal(reason: Reason): reason is Refusal {
  return standings[reason] === "outcome";
}

/**
 * True when the order may have traded although the call failed. Send it again with the same key to learn its outcome.
 */
export function isOutcomeUnknown(error: CallError): boolean {
  return standings[error.reason] === "open";
}

/**
 * The error of an order, made from the error of its last attempt. `lost`: an earlier attempt may have traded. Then a
 * last attempt that did nothing leaves the outcome unknown.
 */
export function orderError(last: CallError, lost: boolean, idempotencyKey: string): CallError {
  if (isRefusal(last.reason)) return last;
  if (!lost || standings[last.reason] !== "not_done") return { ...last, idempotencyKey };
  const message = `an attempt was lost and the last answer was "${last.message}": ask again with the same key`;
  return { code: last.code, message, reason: "outcome_unknown", idempotencyKey };
}

/** A `CallError` as an exception; `unwrap` throws it. */
export class BourseError extends Error implements CallError {
  override readonly name = "BourseError";
  readonly code: number;
  readonly reason: Reason;
  readonly idempotencyKey?: string;

  constructor(error: CallError) {
    super(error.message, "cause" in error ? { cause: error.cause } : undefined);
    this.code = error.code;
    this.reason = error.reason;
    if (error.idempotencyKey !== undefined) this.idempotencyKey = error.idempotencyKey;
  }
}

/** The data of a successful call. Throws a `BourseError` for a failed one. */
export function unwrap<Data>(result: Result<Data>): Data {
  if (result.error) throw new BourseError(result.error);
  return result.data;
}
