import { Elysia } from "elysia";

import { HttpFailure } from "./http-failure.ts";

/** `ready` resolves with what is missing for this service to do its work, or undefined when nothing is. */
export function healthRoutes(ready: () => Promise<string | undefined>) {
  // Anyone may ask, so all who ask at one time share one question to the other services.
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
