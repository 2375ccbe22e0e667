import { Elysia } from "elysia";

import { HttpFailure } from "./http-failure.ts";

/** `ready` resolves with what this service lacks to do its work, or with undefined when it lacks nothing. */
export function healthRoutes(ready: () => Promise<string | undefined>) {
  // Anyone may ask, so the requests of one moment share one check, which may call other services.
  let asking: Promise<string | undefined> | undefined;
  const ask = () => (asking ??= ready().finally(() => (asking = undefined)));
  return new Elysia({ name: "health" })
    .get("/healthz", () => ({ data: { status: "alive" } }))
    .get("/readyz", async () => {
      const missing = await ask();
      if (missing !== undefined) throw new HttpFailure("unavailable", missing);
      return { data: { status: "ready" } };
    });
}
