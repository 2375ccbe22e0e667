import { Elysia } from "elysia";

import { HttpFailure } from "./http-failure.ts";

/** `ready` resolves with what is missing for this service to do its work, or undefined when nothing is. */
export function healthRoutes(ready: () => Promise<string | undefined>) {
  return new Elysia({ name: "health" })
    .get("/healthz", () => ({ data: { status: "alive" } }))
    .get("/readyz", async () => {
      const missing = await ready();
      if (missing !== undefined) throw new HttpFailure("unavailable", missing, { "retry-after": "1" });
      return { data: { status: "ready" } };
    });
}
