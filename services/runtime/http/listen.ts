import type { AnyElysia } from "elysia";

import { originOf } from "../process/env.ts";
import { requireHost } from "./host-check.ts";
import { StartRefused } from "../process/start-refused.ts";

export interface Address {
  host: string;
  /** 0 takes a free port. */
  port: number;
  /**
   * Names by which it may be called, in addition to the loopback addresses. Undefined: by every name, because each call shows
   * an API key or the service secret.
   */
  hosts?: readonly string[] | undefined;
}

/**
 * Opens the socket and returns its address. A second process on the same port is refused; it does not share the
 * connections. Throws StartRefused when the address cannot be used.
 *
 * A connection is closed when a request on it makes no progress for `idleTimeoutSeconds`, even if single bytes arrive. While
 * it receives headers, Bun closes it after 10 seconds. Waiting for a reply counts as no progress, too.
 */
export function listen(
  app: AnyElysia,
  { host, port, hosts }: Address,
  maxBodyBytes: number,
  idleTimeoutSeconds = 30,
): string {
  // Outermost, so that nothing of a request that is refused is looked at.
  if (hosts) app.wrap((handle) => requireHost(hosts, handle));
  try {
    // development: false, because Bun's error page shows code and paths to every client.
    app.listen({
      hostname: host,
      port,
      reusePort: false,
      development: false,
      maxRequestBodySize: maxBodyBytes,
      idleTimeout: idleTimeoutSeconds,
    });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    const why = code === "EADDRINUSE" ? "is taken by another process" : `cannot be listened on (${code})`;
    throw new StartRefused(`port ${port} on ${host} ${why}`);
  }
  return originOf(host, app.server?.port ?? port);
}

/** Closes the connections on which no request is under way and one was. */
export function closeIdleConnections(app: AnyElysia): void {
  app.server?.closeIdleConnections();
}

/** Stops accepting, waits for the replies in flight, and closes the connections that are still open after `graceMs`. */
export async function closeListener(app: AnyElysia, graceMs: number): Promise<void> {
  const drained = app.server?.stop(false);
  await Promise.race([drained, Bun.sleep(graceMs)]);
  await app.server?.stop(true);
}
