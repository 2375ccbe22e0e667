/**
 * The closed list of ways in which a call can fail. Each failed call answers one of these reasons; clients branch on
 * it.
 */

/**
 * What a failed call means for the order, or for the other work, that was requested:
 *
 * - `decided`: the catalog decided against the order. Asking again with the same key gives the same answer.
 * - `none`: this call did nothing. An earlier call with the same key may have done something.
 * - `unknown`: the order may have traded, or may still trade. Asking again with the same key gives its outcome.
 */
export type Effect = "decided" | "none" | "unknown";

interface ReasonFacts {
  /** The HTTP status. */
  status: number;
  effect: Effect;
  /** Seconds after which the same call may go through: the `Retry-After` of its answer. */
  retryAfterS?: number;
  /** For people. */
  message: string;
}

/** Only the catalog decides these. They are stored, and repeated to every call with the same key. */
export const refusals = {
  insufficient_quantity: {
    status: 400,
    effect: "decided",
    message: "not enough shares are left for this buy",
  },
  limit_exceeded: { status: 400, effect: "decided", message: "the stock's total would pass 2^50" },
  stock_not_found: { status: 404, effect: "decided", message: "stock not found" },
  trading_halted: { status: 409, effect: "decided", message: "trading in this stock is halted" },
  price_changed: {
    status: 409,
    effect: "decided",
    message: "the price is no longer the expected one",
  },
} as const satisfies Record<string, ReasonFacts>;

/** These are about one request. They are not stored: asking again may end differently. */
const failures = {
  invalid_request: { status: 422, effect: "none", message: "the request is not valid" },
  unauthorized: {
    status: 401,
    effect: "none",
    message: "an API key is needed: send it as `Authorization: Bearer <key>`",
  },
  forbidden: { status: 403, effect: "none", message: "this key may not do that" },
  order_not_found: { status: 404, effect: "none", message: "order not found" },
  route_not_found: { status: 404, effect: "none", message: "there is nothing at this path" },
  method_not_allowed: {
    status: 405,
    effect: "none",
    message: "this path does not take this method",
  },
  order_in_flight: {
    status: 409,
    effect: "unknown",
    message: "an order with this key is under way in another request",
  },
  payload_too_large: {
    status: 413,
    effect: "none",
    message: "the body is larger than this call takes",
  },
  unsupported_media_type: {
    status: 415,
    effect: "none",
    message: "the body must be application/json",
  },
  idempotency_key_reused: {
    status: 422,
    effect: "none",
    message: "this key was used for another order",
  },
  // The answer to a client that has used up its rate replaces these seconds by its own.
  rate_limited: {
    status: 429,
    effect: "none",
    retryAfterS: 1,
    message: "too many requests: wait and ask again",
  },
  wrong_host: {
    status: 421,
    effect: "none",
    message:
      "this market is for this machine: call it by a loopback address, or add the name to BOURSE_HOSTS",
  },
  headers_too_large: { status: 431, effect: "none", message: "too many or too large headers" },
  internal_error: { status: 500, effect: "unknown", message: "something went wrong on our side" },
  overloaded: {
    status: 503,
    effect: "none",
    retryAfterS: 1,
    message: "too busy: nothing was done, ask again shortly",
  },
  storage_full: {
    status: 503,
    effect: "none",
    retryAfterS: 1,
    message: "the disk is full: nothing was done",
  },
  unavailable: {
    status: 503,
    effect: "none",
    retryAfterS: 1,
    message: "a part of the market is not reachable: nothing was done",
  },
  outcome_unknown: {
    status: 503,
    effect: "unknown",
    message: "the outcome is not known yet: ask again with the same key",
  },
} as const satisfies Record<string, ReasonFacts>;

/** Services answer these to each other only. */
const internal = {
  stale_epoch: { status: 409, effect: "none", message: "a newer order service has taken over" },
  ledger_mismatch: {
    status: 409,
    effect: "none",
    message: "the ledger is not a prefix of this catalog's trade log",
  },
  ledger_ahead: {
    status: 409,
    effect: "none",
    message: "the ledger is ahead of this catalog: roll the catalog forward with `restore`",
  },
  version_mismatch: {
    status: 409,
    effect: "none",
    message: "the two services speak different wire versions: run services of one release",
  },
} as const satisfies Record<string, ReasonFacts>;

const facts = { ...refusals, ...failures, ...internal };

export type Refusal = keyof typeof refusals;
export type InternalReason = keyof typeof internal;
export type Reason = keyof typeof facts;
export type PublicReason = Exclude<Reason, InternalReason>;

/** The whole table, for what documents or checks it. */
export const reasons: Readonly<Record<Reason, ReasonFacts>> = facts;

/** The body of every failed call. `code` repeats the HTTP status. */
export interface ErrorBody<R extends Reason = Reason> {
  error: { code: number; message: string; reason: R };
}

export function isReason(value: unknown): value is Reason {
  return typeof value === "string" && Object.hasOwn(facts, value);
}

export function statusOf(reason: Reason): number {
  return facts[reason].status;
}

export function effectOf(reason: Reason): Effect {
  return facts[reason].effect;
}

/** Seconds; undefined for a reason whose answer has no `Retry-After`. */
export function retryAfterOf(reason: Reason): number | undefined {
  return reasons[reason].retryAfterS;
}

/** True for a failure of this one attempt: the same call did nothing now and may go through later. */
export function isTemporary(reason: Reason): boolean {
  return effectOf(reason) === "none" && retryAfterOf(reason) !== undefined;
}

/** `detail` replaces the message of the table; it must never quote what the client sent. */
export function errorBody<R extends Reason>(reason: R, detail?: string): ErrorBody<R> {
  const { status, message } = facts[reason];
  return { error: { code: status, message: detail ?? message, reason } };
}
