import { hash, timingSafeEqual } from "node:crypto";

import { Elysia } from "elysia";

import { HttpFailure } from "./http-failure.ts";

/** The header that every call between services carries when there is a service secret. */
export function secretHeaders(secret: string | undefined): Record<string, string> {
  return secret === undefined ? {} : { authorization: `Bearer ${secret}` };
}

const open = ["/healthz", "/readyz"];

/**
 * Refuses every call without the service secret, except the health checks. When there is no secret nothing is checked, and
 * services listen on loopback only.
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
  // Checked by path before a body is read, and by route before the handler: the path `/stocks/..\healthz` is parsed as
  // `/healthz` by URL, but Elysia routes it to a stock.
  return plugin
    .onRequest(({ request }) => check(request, URL.parse(request.url)?.pathname))
    .onBeforeHandle({ as: "global" }, ({ request, route }) => check(request, route));
}

// Digests have one length, so the comparison takes the same time for every text.
function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
