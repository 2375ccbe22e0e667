import { errorBody, statusOf, type Reason } from "../contract/errors.ts";
import type { Clock } from "../runtime/flow/clock.ts";
import { EventLoopYield } from "../runtime/flow/event-loop-yield.ts";
import { RefusalThrottle } from "../runtime/flow/refusal-throttle.ts";
import type { Handler } from "../runtime/http/host-check.ts";
import { HttpFailure, retryAfterHeaders } from "../runtime/http/http-failure.ts";
import { jsonHeaders } from "./default-headers.ts";

export interface AdmissionLimits {
  /** Bun has limits of its own, 200 header lines and 16 KB. It answers 431 without a body. */
  maxHeaders: number;
  /** Requests that are handled in one turn of the event loop. Further ones wait for the next turn. */
  maxAtOnce: number;
  refusalsPerSecond: number;
  maxRefusalsWaiting: number;
}

interface AdmissionOptions {
  /** Whether `count` more orders can be sent in time. */
  hasRoom(count: number): boolean;
  /** Where orders are posted. */
  orderPaths: readonly string[];
  /** Replies that need no handling. `rest` is what follows the prefix in the URL. Undefined: the request is handled. */
  cached?: { pathPrefix: string; reply(request: Request, rest: string): Response | undefined };
  limits: AdmissionLimits;
  clock: Clock;
}

/**
 * Sheds load: refuses requests with too many headers, and orders while there is no capacity for them. A refused order
 * must cost a fraction of an accepted one, so `admit` refuses before Elysia and before anything of the order is read.
 * A batch is checked again by `requireRoom`, once its size is known. Refusals are sent at a limited rate, because
 * clients that are refused at once ask again at once. An admitted request gets its cached reply, or is handled.
 */
export class Admission {
  readonly #hasRoom: (count: number) => boolean;
  readonly #orderPaths: ReadonlySet<string>;
  readonly #cached: AdmissionOptions["cached"];
  readonly #maxHeaders: number;
  readonly #refusals: RefusalThrottle;
  readonly #loopYield: EventLoopYield;

  constructor({ hasRoom, orderPaths, cached, limits, clock }: AdmissionOptions) {
    this.#hasRoom = hasRoom;
    this.#orderPaths = new Set(orderPaths);
    this.#cached = cached;
    this.#maxHeaders = limits.maxHeaders;
    this.#refusals = new RefusalThrottle(limits.refusalsPerSecond, limits.maxRefusalsWaiting, clock);
    this.#loopYield = new EventLoopYield(limits.maxAtOnce, clock);
  }

  /** The handler that admits requests to `handle`. For Elysia's `wrap`. */
  admit<Answer>(handle: Handler<Answer>): Handler<Answer | Response> {
    const answer: Handler<Answer | Response> = (request) => this.#cachedReply(request) ?? handle(request);
    return (request) => {
      if (countOf(request.headers) > this.#maxHeaders) return tooManyHeaders();
      if (!this.#hasRoom(1) && this.#isOrder(request)) return this.#refusals.wait().then(overloaded);
      return this.#loopYield.take()?.then(() => answer(request)) ?? answer(request);
    };
  }

  /** Throws HttpFailure overloaded when there is no capacity for `count` orders. */
  requireRoom(count: number): void {
    if (!this.#hasRoom(count)) throw new HttpFailure("overloaded");
  }

  #cachedReply(request: Request): Response | undefined {
    if (!this.#cached) return undefined;
    const { url } = request;
    const { pathPrefix, reply } = this.#cached;
    const pathStart = pathStartOf(url);
    return url.startsWith(pathPrefix, pathStart)
      ? reply(request, url.slice(pathStart + pathPrefix.length))
      : undefined;
  }

  #isOrder({ method, url }: Request): boolean {
    if (method !== "POST") return false;
    const pathStart = pathStartOf(url);
    const queryStart = url.indexOf("?", pathStart);
    const path = url.slice(pathStart, queryStart < 0 ? undefined : queryStart);
    return this.#orderPaths.has(path.endsWith("/") ? path.slice(0, -1) : path);
  }
}

function pathStartOf(url: string): number {
  return url.indexOf("/", url.indexOf("//") + 2);
}

/** Bun knows the number without reading the headers; Node has no such property. */
const countOf: (headers: Headers) => number =
  "count" in Headers.prototype ? (headers) => headers.count : (headers) => [...headers.keys()].length;

const tooManyHeaders = readyReply("headers_too_large");
const overloaded = readyReply("overloaded");

function readyReply(reason: Reason): () => Response {
  const body = new TextEncoder().encode(JSON.stringify(errorBody(reason)));
  const init = { status: statusOf(reason), headers: { ...jsonHeaders, ...retryAfterHeaders(reason) } };
  return () => new Response(body, init);
}
