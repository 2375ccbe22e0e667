import { HttpFailure } from "../../runtime/http-failure.ts";
import { idIn, isKeyOf } from "./api-key.ts";
import type { KeyRecord } from "./keys-file.ts";
import { RateLimit, type RateState } from "./rate-limit.ts";
import { mayDo, type Role } from "./roles.ts";

/** Who asks. Orders and their keys belong to the client, not to the API key. */
export interface Caller {
  client: string;
  role: Role;
  /** Headers that every answer to this request carries. */
  headers: Readonly<Record<string, string>>;
}

/** Without API keys everybody on this machine is one client that may do everything. */
export const anonymous: Caller = { client: "anonymous", role: "admin", headers: {} };

/** Decides who a request comes from and whether it may do what it wants. */
export class Access {
  #keys: ReadonlyMap<string, KeyRecord> | undefined;
  readonly #rates = new RateLimit();
  readonly #admitted = new WeakMap<Request, { caller: Caller; record: KeyRecord }>();

  /** Without `keys`, nobody needs one. */
  constructor(keys: readonly KeyRecord[] | undefined) {
    if (keys) this.replaceKeys(keys);
  }

  replaceKeys(keys: readonly KeyRecord[]): void {
    this.#keys = new Map(keys.map((key) => [key.id, key]));
  }

  /** Throws HttpFailure unauthorized, forbidden or rate_limited. */
  admit(request: Request, needed: Role): Caller {
    if (!this.#keys) return anonymous;
    const record = this.#recordOf(request.headers.get("authorization"));
    if (!record)
      throw new HttpFailure("unauthorized", undefined, { "www-authenticate": 'Bearer realm="bourse"' });
    const headers = this.#take(record, 1);
    if (!mayDo(record.role, needed)) throw new HttpFailure("forbidden", undefined, headers);
    const caller = { client: record.client, role: record.role, headers };
    this.#admitted.set(request, { caller, record });
    return caller;
  }

  /** Who was admitted with this request, a parser's word to its route. */
  callerOf(request: Request): Caller {
    const admitted = this.#admitted.get(request);
    if (admitted) return admitted.caller;
    if (this.#keys) throw new HttpFailure("unauthorized");
    return anonymous;
  }

  /** Takes the rest of what a batch of `orders` costs, once it is known. Throws HttpFailure rate_limited. */
  charge(request: Request, orders: number): Caller {
    const admitted = this.#admitted.get(request);
    if (!admitted) return this.callerOf(request);
    return { ...admitted.caller, headers: this.#take(admitted.record, orders - 1) };
  }

  #take(record: KeyRecord, cost: number): Record<string, string> {
    const rate = this.#rates.take(record.id, record.rate, cost);
    const headers = rateHeaders(rate);
    if (rate.allowed) return headers;
    throw new HttpFailure("rate_limited", undefined, {
      ...headers,
      "retry-after": String(rate.resetSeconds),
    });
  }

  #recordOf(authorization: string | null): KeyRecord | undefined {
    const key = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
    const id = key && idIn(key);
    const record = id ? this.#keys?.get(id) : undefined;
    const isGood = record !== undefined && record.revoked_at === null && isKeyOf(key ?? "", record.hash);
    return isGood ? record : undefined;
  }
}

function rateHeaders({ limit, remaining, resetSeconds }: RateState): Record<string, string> {
  return {
    "ratelimit-limit": String(limit),
    "ratelimit-remaining": String(remaining),
    "ratelimit-reset": String(resetSeconds),
  };
}
