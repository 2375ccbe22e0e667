import type { Handler } from "../runtime/http/host-check.ts";

/** What a page of another origin may read of an answer, besides the headers that every page may read. */
export const exposedHeaders = [
  "Retry-After",
  "Idempotency-Key",
  "Idempotency-Replayed",
  "X-Cache",
  "RateLimit-Limit",
  "RateLimit-Remaining",
  "RateLimit-Reset",
];

const requestHeaders = "Authorization, Cache-Control, Content-Type, Idempotency-Key, Last-Event-ID";
const methods = "GET, HEAD, POST, PUT";
/** Chromium keeps no answer longer. */
const maxAgeS = 7_200;

/**
 * Lets the pages of these origins call the API from a browser, and read its answers (CORS). The pages of every other origin get
 * what they get without this. No cookie is ever read, so a page can do only what the API key that it has can do.
 */
export function allowOrigins<Answer>(
  origins: readonly string[],
  handle: Handler<Answer>,
): Handler<Answer | Response> {
  if (origins.length === 0) return handle;
  const allowed = new Set(origins);
  return (request) => {
    const origin = request.headers.get("origin");
    if (origin === null || !allowed.has(origin)) return handle(request);
    if (request.method === "OPTIONS" && request.headers.has("access-control-request-method"))
      return preflightReply(origin);
    const answer = handle(request);
    return answer instanceof Promise
      ? answer.then((settled) => readableBy(origin, settled))
      : readableBy(origin, answer);
  };
}

function readableBy<Answer>(origin: string, answer: Answer): Answer {
  if (!(answer instanceof Response)) return answer;
  answer.headers.set("access-control-allow-origin", origin);
  answer.headers.set("access-control-expose-headers", exposedHeaders.join(", "));
  answer.headers.append("vary", "Origin");
  return answer;
}

function preflightReply(origin: string): Response {
  const headers = {
    "access-control-allow-origin": origin,
    "access-control-allow-methods": methods,
    "access-control-allow-headers": requestHeaders,
    "access-control-max-age": String(maxAgeS),
    "cache-control": "no-store",
    vary: "Origin",
  };
  return new Response(null, { status: 204, headers });
}
