/**
 * The closed list of ways in which a call can fail, each with its one HTTP status and its message for people.
 * Everything that answers an error answers one of these; the SDK narrows on `reason`.
 */

/** Decided by the catalog alone, kept for ever, and replayed to whoever asks again with the same key. */
export const refusals = {
  insufficient_quantity: [400, "not enough shares are left for this buy"],
  limit_exceeded: [400, "the stock's total would pass 2^50"],
  stock_not_found: [404, "stock not found"],
  trading_halted: [409, "trading in this stock is halted"],
  price_changed: [409, "the price is no longer the expected one"],
} as const;

/** About a request, not about an order: nothing is kept, and asking again may end differently. */
const failures = {
  invalid_request: [422, "the request is not valid"],
  unauthorized: [401, "an API key is needed"],
  forbidden: [403, "this key may not do that"],
  order_not_found: [404, "order not found"],
  route_not_found: [404, "there is nothing at this path"],
  method_not_allowed: [405, "this path does not take this method"],
  order_in_flight: [409, "an order with this key is under way in another request"],
  payload_too_large: [413, "the body is larger than this call takes"],
  unsupported_media_type: [415, "the body must be application/json"],
  idempotency_key_reused: [422, "this key was used for another order"],
  rate_limited: [429, "too many requests: wait and ask again"],
  headers_too_large: [431, "too many or too large headers"],
  internal_error: [500, "something went wrong on our side"],
  overloaded: [503, "too busy: nothing was done, ask again shortly"],
  storage_full: [503, "the disk is full: nothing was done"],
  unavailable: [503, "a part of the market is not reachable: nothing was done"],
  outcome_unknown: [503, "the outcome is not known yet: ask again with the same key"],
} as const;

/** What services say to each other only. */
const internal = {
  stale_epoch: [409, "a newer order service has taken over"],
  ledger_mismatch: [409, "the ledger is not a prefix of this catalog's trade log"],
  ledger_ahead: [409, "the ledger is ahead of this catalog: roll the catalog forward with `restore`"],
} as const;

const all = { ...refusals, ...failures, ...internal };

export type Refusal = keyof typeof refusals;
export type InternalReason = keyof typeof internal;
export type Reason = keyof typeof all;
export type PublicReason = Exclude<Reason, InternalReason>;

/** The body of every failed call. `code` repeats the HTTP status. */
export interface ErrorBody<R extends Reason = Reason> {
  error: { code: number; message: string; reason: R };
}

export function isReason(value: unknown): value is Reason {
  return typeof value === "string" && Object.hasOwn(all, value);
}

export function statusOf(reason: Reason): number {
  return all[reason][0];
}

/** `detail` replaces the standing message; it must never quote what the client sent. */
export function errorBody<R extends Reason>(reason: R, detail?: string): ErrorBody<R> {
  const [code, message] = all[reason];
  return { error: { code, message: detail ?? message, reason } };
}
