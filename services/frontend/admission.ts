import { errorBody, statusOf, type Reason } from "../contract/errors.ts";
import { retryAfterHeaders } from "../runtime/http/http-failure.ts";
import { RefusalThrottle } from "../runtime/flow/refusal-throttle.ts";
import { EventLoopYield } from "../runtime/flow/event-loop-yield.ts";
import { jsonHeaders } from "./default-headers.ts";

export interface AdmissionLimits {
  /** Bun's own limits, 200 header lines and 16 KB, come before this one and answer 431 without a body. */
  maxHeaders: number;
  /** Requests that are taken in one go before everything else has its turn. */
  maxAtOnce: number;
  refusalsPerSecond: number;
  maxRefusalsWaiting: number;
}

const orderPath = /^https?:\/\/[^/]*\/orders(\/batch)?\/?(\?|$)/;

/**
 * EventLoopYield away, before Elysia and before anything of it is read, what has too many headers, and orders while there is
 * no room for them: a refusal must cost a fraction of an order. Refusals go out at a pace, because a crowd that is
 * refused at once is back at once. For Elysia's `wrap`.
 */
export function admission(hasRoom: () => boolean, limits: AdmissionLimits) {
  const tooManyHeaders = readyReply("headers_too_large");
  const overloaded = readyReply("overloaded");
  const refusals = new RefusalThrottle(limits.refusalsPerSecond, limits.maxRefusalsWaiting);
  const turns = new EventLoopYield(limits.maxAtOnce);
  return <Answer>(handle: (request: Request) => Answer) =>
    (request: Request): Answer | Response | Promise<Answer | Response> => {
      if (request.headers.count > limits.maxHeaders) return tooManyHeaders();
      if (request.method === "POST" && !hasRoom() && orderPath.test(request.url))
        return refusals.wait().then(overloaded);
      return turns.take()?.then(() => handle(request)) ?? handle(request);
    };
}

function readyReply(reason: Reason): () => Response {
  const body = new TextEncoder().encode(JSON.stringify(errorBody(reason)));
  const init = {
    status: statusOf(reason),
    headers: { ...jsonHeaders, ...retryAfterHeaders(reason) },
  };
  return () => new Response(body, init);
}
