import { expect, test } from "bun:test";
import { Elysia } from "elysia";

import { keptLog } from "../../../testing/kept-log.ts";
import { errorsPlugin } from "./errors-plugin.ts";
import { healthRoutes } from "./health.ts";

function appOf(ready: () => Promise<string | undefined>) {
  const routes = healthRoutes(ready);
  const app = new Elysia().use(errorsPlugin(keptLog().log, routes.routes)).use(routes);
  return (path: string) => app.handle(new Request(`http://localhost${path}`));
}

test("a service that lacks nothing is ready", async () => {
  const ask = appOf(async () => undefined);
  expect(await (await ask("/readyz")).json()).toEqual({ data: { status: "ready" } });
});

test("a service that lacks something is alive and not ready, and names it", async () => {
  const ask = appOf(async () => "the catalog cannot be reached");
  expect(await (await ask("/healthz")).json()).toEqual({ data: { status: "alive" } });
  const reply = await ask("/readyz");
  expect([reply.status, reply.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await reply.json()).toEqual({
    error: { code: 503, reason: "unavailable", message: "the catalog cannot be reached" },
  });
});

test("requests of one moment share one check, and the next request makes a new one", async () => {
  let checks = 0;
  const gate = Promise.withResolvers<void>();
  const ask = appOf(async () => {
    checks += 1;
    await gate.promise;
    return undefined;
  });
  const asked = [ask("/readyz"), ask("/readyz"), ask("/readyz")];
  gate.resolve();
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(checks).toBe(1);
  await ask("/readyz");
  expect(checks).toBe(2);
});
