import { HttpFailure } from "../../runtime/http/http-failure.ts";
import { idIn, isKeyOf } from "./api-key.ts";
import type { KeyRecord } from "./keys-file.ts";
import { TokenBucket, type RateState } from "./rate-limit.ts";
import { mayDo, type Role } from "./roles.ts";

/** Who asks. Orders and their keys belong to the client, not to the API key. */
export interface Caller {
  client: string;
  role: Role;
  /** Headers that every answer to this request carries. */
  headers: Readonly<Record<string, string>>;
  /** Fires when the API key is revoked: what is still being sent to it must end. */
  ended?: AbortSignal;
}

/** Without API keys everybody on this machine is one client that may do everything. */
const anonymous: Caller = { client: "anonymous", role: "admin", headers: {} };

/** An API key that counts, and what it has used. */
interface Holder {
  record: KeyRecord;
  bucket: TokenBucket;
  ended: AbortController;
}

/** Decides who a request comes from and whether it may do what it wants. */
export class Access {
  #holders: ReadonlyMap<string, Holder> | undefined;
  readonly #admitted = new WeakMap<Request, { caller: Caller; bucket: TokenBucket }>();

  /** Without `keys`, nobody needs one. */
  constructor(keys: readonly KeyRecord[] | undefined) {
    if (keys) this.replaceKeys(keys);
  }

  /** From now on these keys count. One that stays keeps what is left of its rate. */
  replaceKeys(keys: readonly KeyRecord[]): void {
    const before = this.#holders;
    const active = keys.filter(({ revoked_at }) => revoked_at === null);
    this.#holders = new Map(active.map((record) => [record.id, holderOf(record, before?.get(record.id))]));
    for (const [id, { ended }] of before ?? []) if (this.#holders.get(id)?.ended !== ended) ended.abort();
  }

  /** Throws HttpFailure unauthorized, forbidden or rate_limited. */
  admit(request: Request, needed: Role): Caller {
    if (!this.#holders) return anonymous;
    const holder = this.#holderOf(request.headers.get("authorization"));
    if (!holder) throw unauthorized();
    const { record, bucket, ended } = holder;
    const headers = take(bucket, 1);
    if (!mayDo(record.role, needed)) throw new HttpFailure("forbidden", undefined, headers);
    const caller = { client: record.client, role: record.role, headers, ended: ended.signal };
    this.#admitted.set(request, { caller, bucket });
    return caller;
  }

  /** Who was admitted with this request, a parser's word to its route. Throws HttpFailure unauthorized. */
  callerOf(request: Request): Caller {
    const admitted = this.#admitted.get(request);
    if (admitted) return admitted.caller;
    if (this.#holders) throw unauthorized();
    return anonymous;
  }

  /**
   * Takes what a batch of `orders` costs, once that is known; being admitted paid for one. Throws HttpFailure
   * unauthorized or rate_limited.
   */
  charge(request: Request, orders: number): Caller {
    const caller = this.callerOf(request);
    const bucket = this.#admitted.get(request)?.bucket;
    return bucket ? { ...caller, headers: take(bucket, orders, 1) } : caller;
  }

  #holderOf(authorization: string | null): Holder | undefined {
    const key = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1] ?? "";
    const holder = this.#holders?.get(idIn(key) ?? "");
    return holder && isKeyOf(key, holder.record.hash) ? holder : undefined;
  }
}

function holderOf(record: KeyRecord, before: Holder | undefined): Holder {
  const known = before?.record.hash === record.hash ? before : undefined;
  const bucket = known?.record.rate === record.rate ? known.bucket : new TokenBucket(record.rate);
  return { record, bucket, ended: known?.ended ?? new AbortController() };
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
