import { errorBody, statusOf } from "../../contract/errors.ts";
import { isLoopback } from "../process/env.ts";

export type Handler<Answer> = (request: Request) => Answer | Promise<Answer>;

const wrongHost = JSON.stringify(errorBody("wrong_host"));
const init = {
  status: statusOf("wrong_host"),
  headers: {
    "content-type": "application/json;charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  },
};

/**
 * Answers 421 to every request whose `Host` is neither a loopback address nor one of `hosts` (lower case, without a port). A
 * browser sends the name in the address of a page as `Host`: a page that lets its own name point to this machine (DNS
 * rebinding) is recognized by it. A request of HTTP/1.0 without a `Host` is not from a browser, and passes.
 *
 * Bun makes the URL of a request from its `Host`. The URL is compared, because reading a header costs more.
 */
export function requireHost<Answer>(
  hosts: readonly string[],
  handle: Handler<Answer>,
): Handler<Answer | Response> {
  const accepted = new Set(hosts);
  // Most requests in a row have the same origin.
  let lastOrigin = "http://127.0.0.1/";
  return (request) => {
    const { url } = request;
    if (url.startsWith(lastOrigin)) return handle(request);
    const origin = /^http:\/\/[^/]+\//.exec(url)?.[0];
    // Without a Host, and with one that no URL can have, the URL is only the path.
    if (origin === undefined)
      return request.headers.has("host") ? new Response(wrongHost, init) : handle(request);
    const host = hostIn(origin);
    if (!isLoopback(host) && !accepted.has(host)) return new Response(wrongHost, init);
    lastOrigin = origin;
    return handle(request);
  };
}

/** The host without its port, and without the brackets of an IPv6 address. */
function hostIn(origin: string): string {
  const authority = origin.slice("http://".length, -1).toLowerCase();
  return /^\[(.*)\](?::\d+)?$/.exec(authority)?.[1] ?? authority.replace(/:\d+$/, "");
}
