import type { CallError, Failure, Reason, Refusal, Result, TransportReason } from "./types.ts";

type Standing = "outcome" | "rejected" | "not_done" | "open";

/**
 * What each reason says about an order that failed with it:
 * `outcome`, it was decided; `rejected`, the market never takes this request; `not_done`, this attempt did nothing, but
 * says nothing about an earlier one; `open`, it may have traded, or still trade.
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

/** True for a decision against the order, which asking again with the same key only repeats. */
export function isRefusal(reason: Reason): reason is Refusal {
  return standings[reason] === "outcome";
}

/** True when an order that failed so may have traded all the same: only asking again with its key can tell. */
export function isOutcomeUnknown(error: CallError): boolean {
  return standings[error.reason] === "open";
}

/**
 * The error of an order, from that of its last attempt. An attempt that did nothing does not settle what became of an
 * earlier one that was `lost`.
 */
export function orderError(last: CallError, lost: boolean, idempotencyKey: string): CallError {
  if (isRefusal(last.reason)) return last;
  if (!lost || standings[last.reason] !== "not_done") return { ...last, idempotencyKey };
  const message = `an attempt was lost and the last answer was "${last.message}": ask again with the same key`;
  return { code: last.code, message, reason: "outcome_unknown", idempotencyKey };
}

/** What `unwrap` throws: a `CallError` as an exception. */
export class BourseError extends Error implements CallError {
  override readonly name = "BourseError";
  readonly code: number;
  readonly reason: Reason;
  readonly idempotencyKey?: string;

  constructor(error: CallError) {
    super(error.message);
    this.code = error.code;
    this.reason = error.reason;
    if (error.idempotencyKey !== undefined) this.idempotencyKey = error.idempotencyKey;
  }
}

/** The data of a call that went well; throws a `BourseError` for one that did not. */
export function unwrap<Data>(result: Result<Data>): Data {
  if (result.error) throw new BourseError(result.error);
  return result.data;
}
