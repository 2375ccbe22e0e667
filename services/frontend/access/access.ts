import { HttpFailure } from "../../runtime/http/http-failure.ts";
import { idIn, isKeyOf } from "./api-key.ts";
import type { KeyRecord } from "./keys-file.ts";
import type { Clock } from "../../runtime/flow/clock.ts";
import { TokenBucket, type RateState } from "./rate-limit.ts";
import { mayDo, type Role } from "./roles.ts";

/** Who sent a request. Orders and their idempotency keys belong to the client, not to the API key. */
export interface Caller {
  client: string;
  role: Role;
  /** The state of the rate limit, which every answer to this request carries. */
  headers: Readonly<Record<string, string>>;
  /** Fires when the API key is revoked: an answer that is still being sent must end. */
  ended?: AbortSignal;
  /** What limits the rate of this caller; absent without API keys. */
  bucket?: TokenBucket;
}

/** Without API keys everybody on this machine is one client that may do everything. */
const anonymous: Caller = { client: "anonymous", role: "admin", headers: {} };

/** An API key that is not revoked, with the state of its rate limit. */
interface ActiveKey {
  record: KeyRecord;
  bucket: TokenBucket;
  ended: AbortController;
}

/** Finds out who sent a request, and whether its role and its rate allow the call. */
export class Access {
  readonly #clock: Pick<Clock, "now">;
  #activeKeys: ReadonlyMap<string, ActiveKey> | undefined;

  /** `keys` undefined: every request is admitted without a key. */
  constructor(keys: readonly KeyRecord[] | undefined, clock: Pick<Clock, "now">) {
    this.#clock = clock;
    if (keys) this.replaceKeys(keys);
  }

  /** Only these keys are valid from now on. A key that is among the old ones keeps the state of its rate limit. */
  replaceKeys(keys: readonly KeyRecord[]): void {
    const before = this.#activeKeys;
    const after = new Map<string, ActiveKey>();
    for (const record of keys)
      if (record.revoked_at === null) after.set(record.id, this.#activate(record, before?.get(record.id)));
    this.#activeKeys = after;
    for (const [id, { ended }] of before ?? []) if (after.get(id)?.ended !== ended) ended.abort();
  }

  /** Takes one call from the caller's rate. Throws HttpFailure unauthorized, forbidden or rate_limited. */
  admit(request: Request, needed: Role): Caller {
    if (!this.#activeKeys) return anonymous;
    const key = this.#keyIn(request.headers.get("authorization"));
    if (!key) throw unauthorized();
    const { record, bucket, ended } = key;
    const headers = take(bucket, 1);
    if (!mayDo(record.role, needed)) throw new HttpFailure("forbidden", undefined, headers);
    return { client: record.client, role: record.role, headers, ended: ended.signal, bucket };
  }

  #keyIn(authorization: string | null): ActiveKey | undefined {
    const key = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1] ?? "";
    const active = this.#activeKeys?.get(idIn(key) ?? "");
    return active && isKeyOf(key, active.record.hash) ? active : undefined;
  }

  #activate(record: KeyRecord, before: ActiveKey | undefined): ActiveKey {
    const same = before?.record.hash === record.hash ? before : undefined;
    const bucket =
      same?.record.rate === record.rate ? same.bucket : new TokenBucket(record.rate, this.#clock);
    return { record, bucket, ended: same?.ended ?? new AbortController() };
  }
}

/**
 * Takes what a batch of `orders` costs from the caller's rate; the call itself has paid for one of them. Returns the
 * headers that the answer carries. Throws HttpFailure rate_limited.
 */
export function chargeBatch({ bucket, headers }: Caller, orders: number): Readonly<Record<string, string>> {
  return bucket ? take(bucket, orders, 1) : headers;
}

function take(bucket: TokenBucket, cost: number, paid = 0): Record<string, string> {
  const state = bucket.take(cost, paid);
  const headers = rateHeaders(state);
  if (state.allowed) return headers;
  const retryAfter = { "retry-after": String(state.resetSeconds) };
  throw new HttpFailure("rate_limited", undefined, { ...headers, ...retryAfter });
}

function rateHeaders({ limit, remaining, resetSeconds }: RateState): Record<string, string> {
  return {
    "ratelimit-limit": String(limit),
    "ratelimit-remaining": String(remaining),
    "ratelimit-reset": String(resetSeconds),
  };
}

function unauthorized(): HttpFailure {
  return new HttpFailure("unauthorized", undefined, { "www-authenticate": 'Bearer realm="bourse"' });
}
