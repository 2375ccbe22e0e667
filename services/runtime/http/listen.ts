import type { AnyElysia } from "elysia";

import { originOf } from "../process/env.ts";
import { StartRefused } from "../process/start-refused.ts";

export interface Address {
  host: string;
  /** 0 takes a free port. */
  port: number;
}

/**
 * Opens the socket and returns the address it got. A second process on one port is refused, not given a share of
 * the connections. Throws StartRefused when the address cannot be had.
 *
 * A connection whose request does not make headway for `idleTimeoutSeconds` is cut, however steadily its bytes drip;
 * Bun cuts those that are at their headers after 10 seconds. Waiting for an answer counts as idle, too.
 */
export function listen(
  app: AnyElysia,
  { host, port }: Address,
  maxBodyBytes: number,
  idleTimeoutSeconds = 30,
): string {
  try {
    // development: Bun's own error page shows code and paths to whoever asks.
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

/** Stops accepting, waits for the answers under way, and cuts what is still open after `graceMs`. */
export async function closeListener(app: AnyElysia, graceMs: number): Promise<void> {
  const drained = app.server?.stop(false);
  await Promise.race([drained, Bun.sleep(graceMs)]);
  await app.server?.stop(true);
}
