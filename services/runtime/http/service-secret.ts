import { hash, timingSafeEqual } from "node:crypto";

import { Elysia } from "elysia";

import { HttpFailure } from "./http-failure.ts";

/** The header that every call between services carries when there is a service secret. */
export function secretHeaders(secret: string | undefined): Record<string, string> {
  return secret === undefined ? {} : { authorization: `Bearer ${secret}` };
}

const open = ["/healthz", "/readyz"];

/**
 * EventLoopYield away every call without the service secret, but for the health checks. Without a secret there is nothing to
 * check: then services listen on loopback only.
 */
export function secretPlugin(secret: string | undefined) {
  const plugin = new Elysia({ name: "service-secret" });
  if (secret === undefined) return plugin;
  const wanted = digest(`Bearer ${secret}`);
  const check = (request: Request, path: string | undefined): void => {
    if (path !== undefined && open.includes(path)) return;
    const given = digest(request.headers.get("authorization") ?? "");
    if (!timingSafeEqual(given, wanted))
      throw new HttpFailure("unauthorized", undefined, {
        "www-authenticate": 'Bearer realm="bourse-services"',
      });
  };
  // First before a body is read, then where the call has arrived: `/stocks/..\healthz` reads as `/healthz` in a URL,
  // and yet leads to a stock.
  return plugin
    .onRequest(({ request }) => check(request, URL.parse(request.url)?.pathname))
    .onBeforeHandle({ as: "global" }, ({ request, route }) => check(request, route));
}

// Digests have one length, so that the comparison takes the same time whatever came.
function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
