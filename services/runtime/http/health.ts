import { Elysia, type DocumentDecoration } from "elysia";

import { HttpFailure } from "./http-failure.ts";

interface HealthOptions {
  alive?: RouteOptions;
  ready?: RouteOptions;
}

interface RouteOptions {
  detail?: DocumentDecoration;
  beforeHandle?(context: { request: Request }): void;
}

/** `notReadyReason` resolves with the reason why this service is not ready, or undefined when it is ready. */
export function healthRoutes(
  notReadyReason: () => Promise<string | undefined>,
  { alive = {}, ready = {} }: HealthOptions = {},
) {
  // Requests that come while a check is in flight share it, so that they cannot multiply the calls between services.
  let check: Promise<string | undefined> | undefined;
  const sharedCheck = () => (check ??= notReadyReason().finally(() => (check = undefined)));
  return new Elysia({ name: "health" })
    .get("/healthz", () => ({ data: { status: "alive" } }), alive)
    .get(
      "/readyz",
      async () => {
        const reason = await sharedCheck();
        if (reason !== undefined) throw new HttpFailure("unavailable", reason);
        return { data: { status: "ready" } };
      },
      ready,
    );
}
