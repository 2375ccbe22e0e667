import { expect, test } from "bun:test";

import { Elysia } from "elysia";

import { sendRaw } from "../../../testing/raw-http.ts";
import { errorsPlugin } from "./errors-plugin.ts";
import { healthRoutes } from "./health.ts";
import { keptLog } from "../../../testing/kept-log.ts";
import { closeListener, listen } from "./listen.ts";
import { secretHeaders, secretPlugin } from "./service-secret.ts";

const secret = "0123456789abcdef0123456789abcdef";

/** A service with the plugins of a real one, which counts the calls that reach it and the bodies that it reads. */
function service(serviceSecret: string | undefined) {
  const reached = { calls: 0, bodies: 0 };
  const { log, lines } = keptLog();
  const routes = new Elysia({ normalize: false })
    .use(healthRoutes(async () => undefined))
    .get("/stocks/:name", () => ({ calls: (reached.calls += 1) }))
    .post("/orders", () => ({ calls: (reached.calls += 1) }), { parse: () => (reached.bodies += 1) });
  const app = new Elysia({ normalize: false })
    .use(errorsPlugin(log, routes.routes))
    .use(secretPlugin(serviceSecret))
    .use(routes);
  const ask = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
    app.handle(new Request(`http://localhost${path}`, { ...init, headers }));
  return { app, ask, reached, lines };
}

test("with the secret every call goes through", async () => {
  const { ask } = service(secret);
  expect((await ask("/stocks/A", secretHeaders(secret))).status).toBe(200);
  const order = await ask("/orders", secretHeaders(secret), { method: "POST", body: "{}" });
  expect(order.status).toBe(200);
});

test.each<[what: string, headers: Record<string, string>]>([
  ["no secret", {}],
  ["an empty one", { authorization: "" }],
  ["another one", secretHeaders(secret.replace("0", "1"))],
  ["a longer one", secretHeaders(`${secret}0`)],
  ["a shorter one", secretHeaders(secret.slice(1))],
  ["the secret alone", { authorization: secret }],
  ["a very long one", secretHeaders("x".repeat(100_000))],
])("%s is refused before the body is read", async (_, headers) => {
  const { ask, reached, lines } = service(secret);
  for (const [path, init] of [
    ["/stocks/A", {}],
    ["/stocks/A", { method: "DELETE" }],
    ["/nowhere", {}],
    ["/orders", { method: "POST", body: "{}" }],
    ["/healthz/", {}],
    ["/orders?/healthz", { method: "POST", body: "{}" }],
  ] as const) {
    const reply = await ask(path, headers, init);
    expect([path, reply.status]).toEqual([path, 401]);
    expect(reply.headers.get("www-authenticate")).toStartWith("Bearer");
  }
  expect(reached).toEqual({ calls: 0, bodies: 0 });
  expect(lines).toEqual([]);
});

test("health checks need no secret, and accept any", async () => {
  const { ask } = service(secret);
  for (const path of ["/healthz", "/readyz", "/healthz?x=1"])
    for (const headers of [{}, secretHeaders(secret), secretHeaders("wrong")])
      expect((await ask(path, headers)).status).toBe(200);
});

test("no form of an address makes a call pass for a health check", async () => {
  const { app, reached, lines } = service(secret);
  const url = listen(app, { host: "127.0.0.1", port: 0 }, 1_000);
  const lookAlikes = [
    String.raw`GET /stocks/..\healthz HTTP/1.1`,
    String.raw`GET /stocks/%2e%2e\healthz HTTP/1.1`,
    String.raw`GET /stocks/..\healthz#/x HTTP/1.1`,
    "GET /stocks/A#/healthz HTTP/1.1",
    "GET /stocks/A?/healthz HTTP/1.1",
    "GET //healthz/../stocks/A HTTP/1.1",
    "GET http://localhost/healthz/../stocks/A HTTP/1.1",
    "GET /stocks/%2e%2e%2fhealthz HTTP/1.1",
  ];
  for (const line of lookAlikes)
    for (const host of ["localhost", "a", "a/healthz?", "a/healthz#", "a/readyz"])
      await sendRaw(url, `${line}\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  await closeListener(app, 1_000);
  expect(reached.calls).toBe(0);
  expect(lines).toEqual([]);
});

test("without a secret nothing is checked", async () => {
  expect(secretHeaders(undefined)).toEqual({});
  const { ask } = service(undefined);
  expect((await ask("/stocks/A")).status).toBe(200);
});
