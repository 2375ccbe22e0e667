import { Elysia } from "elysia";

import { wireVersion, wireVersionHeader } from "../../contract/wire-version.ts";
import type { Log } from "../process/log.ts";
import { HttpFailure } from "./http-failure.ts";
import { secretHeaders } from "./service-secret.ts";

/** The headers of every call between services: the wire version, and the service secret if there is one. */
export function peerHeaders(secret: string | undefined): Record<string, string> {
  return { ...secretHeaders(secret), [wireVersionHeader]: wireVersion };
}

const open = ["/healthz", "/readyz"];
const maxLogged = 10;

/**
 * Refuses a call that carries no wire version or another one, before its body is read; health checks carry none. Each foreign
 * version is logged once.
 */
export function wireVersionPlugin(log: Log) {
  const logged = new Set<string>();
  return new Elysia({ name: "wire-version" }).onRequest(({ request }) => {
    const given = request.headers.get(wireVersionHeader);
    if (given === wireVersion || open.includes(URL.parse(request.url)?.pathname ?? "")) return;
    // The caller's text reaches the log and the reply only if it looks like a version.
    const caller = given && /^[0-9a-f]{12}$/.test(given) ? given : "none";
    const line = `the caller speaks wire version ${caller}, this service ${wireVersion}: run services of one release`;
    if (!logged.has(caller) && logged.size < maxLogged) {
      logged.add(caller);
      log.warn(line);
    }
    throw new HttpFailure("version_mismatch", line);
  });
}
