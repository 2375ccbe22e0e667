import { expect, test } from "bun:test";
import { Elysia } from "elysia";

import { keptLog } from "../../../testing/kept-log.ts";
import { wireVersion, wireVersionHeader } from "../../contract/wire-version.ts";
import { errorsPlugin } from "./errors-plugin.ts";
import { healthRoutes } from "./health.ts";
import { secretPlugin } from "./service-secret.ts";
import { peerHeaders, wireVersionPlugin } from "./wire-version.ts";

const secret = "0123456789abcdef0123456789abcdef";
const other = "abcdefabcdef";

function service() {
  const reached = { calls: 0, bodies: 0 };
  const { log, lines } = keptLog();
  const routes = new Elysia({ normalize: false })
    .use(healthRoutes(async () => undefined))
    .get("/stocks/:name", () => ({ calls: (reached.calls += 1) }))
    .post("/orders", () => ({ calls: (reached.calls += 1) }), { parse: () => (reached.bodies += 1) });
  const app = new Elysia({ normalize: false })
    .use(errorsPlugin(log, routes.routes))
    .use(secretPlugin(secret))
    .use(wireVersionPlugin(log))
    .use(routes);
  const ask = async (path: string, headers: Record<string, string>, init: RequestInit = {}) => {
    const response = await app.handle(new Request(`http://localhost${path}`, { ...init, headers }));
    return { status: response.status, body: await response.json() };
  };
  return { ask, reached, lines };
}

test("a call with the headers of a peer goes through", async () => {
  const { ask, lines } = service();
  expect((await ask("/stocks/A", peerHeaders(secret))).status).toBe(200);
  expect((await ask("/orders", peerHeaders(secret), { method: "POST", body: "{}" })).status).toBe(200);
  expect(lines).toEqual([]);
});

test.each<[what: string, given: Record<string, string>, named: string]>([
  ["another version", { [wireVersionHeader]: other }, other],
  ["no version", {}, "none"],
  ["a text that is no version", { [wireVersionHeader]: "<script>" }, "none"],
])("%s is refused before the body is read, with one line in the log", async (_what, given, named) => {
  const { ask, reached, lines } = service();
  const headers = { authorization: `Bearer ${secret}`, ...given };
  const message = `the caller speaks wire version ${named}, this service ${wireVersion}: run services of one release`;
  for (const [path, init] of [
    ["/stocks/A", {}],
    ["/orders", { method: "POST", body: "{}" }],
  ] as const)
    expect(await ask(path, headers, init)).toEqual({
      status: 409,
      body: { error: { code: 409, reason: "version_mismatch", message } },
    });
  expect(reached).toEqual({ calls: 0, bodies: 0 });
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([message]);
});

test("callers of many versions do not fill the log", async () => {
  const { ask, lines } = service();
  for (let version = 0; version < 100; version += 1) {
    const given = { [wireVersionHeader]: String(version).padStart(12, "0") };
    expect((await ask("/stocks/A", { ...peerHeaders(secret), ...given })).status).toBe(409);
  }
  expect(lines.length).toBe(10);
});

test("health checks carry no version", async () => {
  const { ask } = service();
  for (const path of ["/healthz", "/readyz"]) expect((await ask(path, {})).status).toBe(200);
});

test("a caller without the service secret learns no version", async () => {
  const { ask } = service();
  const { status, body } = await ask("/stocks/A", { [wireVersionHeader]: other });
  expect([status, body.error.reason]).toEqual([401, "unauthorized"]);
});
