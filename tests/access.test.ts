import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";

import { openCatalog } from "../services/catalog/catalog.fixture.ts";
import { readKeys } from "../services/frontend/access/keys-file.ts";
import { openMarket } from "../services/frontend/market.fixture.ts";
import { OpenOrderService } from "../services/order/ledger.fixture.ts";
import { peerHeaders } from "../services/runtime/http/wire-version.ts";
import { ask, bearer, buyOne } from "../testing/http-client.ts";
import { serviceSecret, startKeyedMarket, type KeyedMarket } from "../testing/keyed-market.ts";
import { isOneProcess, serviceNames, spawnService, type ServiceName } from "../testing/market.ts";
import { until } from "../testing/until.ts";
import { sendRaw } from "../testing/raw-http.ts";

const callers = ["none", "wrong", "malformed", "revoked", "reader", "trader", "admin"] as const;
type Caller = (typeof callers)[number];

let market: KeyedMarket;
/** What each caller shows. */
let shows: Record<Caller, Record<string, string>>;
/** A trade of the trader's client. */
let number: number;

beforeAll(async () => {
  market = await startKeyedMarket();
  const [reader, trader, admin, revoked] = market.addKeys(
    { client: "watcher", role: "reader" },
    { client: "alice", role: "trader" },
    { client: "root", role: "admin" },
    { client: "gone", role: "admin" },
  ) as [string, string, string, string];
  market.revoke(revoked);
  shows = {
    none: {},
    wrong: bearer(admin.slice(0, -43) + revoked.slice(-43)),
    malformed: { authorization: admin },
    revoked: bearer(revoked),
    reader: bearer(reader),
    trader: bearer(trader),
    admin: bearer(admin),
  };
  await until(async () => (await ask(market.url, "/stocks", shows.admin)).ok);
  const order = await ask(market.url, "/orders", shows.trader, buyOne);
  number = (await order.json()).data.transaction_number;
}, 30_000);
afterAll(() => market.stop());

/** The status, and nothing of a body that may never end. */
async function statusOf(asking: Promise<Response>): Promise<number> {
  const { status, body } = await asking;
  await body?.cancel();
  return status;
}

describe("every public route × every role", () => {
  const open = { none: 200, reader: 200, trader: 200, admin: 200 };
  const read = { none: 401, reader: 200, trader: 200, admin: 200 };
  const trade = { none: 401, reader: 403, trader: 200, admin: 200 };
  type Row = { path?: string; body?: object; by: Record<"none" | "reader" | "trader" | "admin", number> };

  /** A route that is not in here fails. A key that is none, wrong, malformed or revoked gets the same as no key. */
  const rows: Record<string, Row> = {
    "GET /healthz": { by: open },
    "GET /readyz": { by: open },
    "GET /stocks": { by: read },
    "GET /stocks/:name": { path: "/stocks/GameStart", by: read },
    "POST /orders": { body: buyOne, by: trade },
    "POST /orders/batch": { body: { orders: [buyOne] }, by: trade },
    "GET /orders": { by: read },
    "GET /orders/:number": { path: "/orders/1", by: { ...read, reader: 404 } },
    "GET /audit": { by: read },
    "GET /events": { by: read },
  };

  const routes = async (): Promise<string[]> => {
    await using local = await openMarket();
    return local.app.routes
      .filter(({ hooks }) => !hooks.detail?.hide)
      .map(({ method, path }) => `${method} ${path}`);
  };

  test("has a row", async () => {
    expect((await routes()).toSorted()).toEqual(Object.keys(rows).toSorted());
  });

  test.each(Object.entries(rows))("%s", async (route, { path = route.split(" ")[1]!, body, by }) => {
    expect(number).toBe(1);
    const statuses: Record<string, number> = {};
    for (const caller of callers)
      statuses[caller] = await statusOf(ask(market.url, path, shows[caller], body));
    expect(statuses).toEqual({ ...by, wrong: by.none, malformed: by.none, revoked: by.none });
  });

  test("without a good key nothing of a request is looked at: 401 before 413, 415 and 422", async () => {
    const bodies = ["{{", "[".repeat(100_000), JSON.stringify({ orders: [] }), ""];
    for (const path of ["/orders", "/orders/batch"])
      for (const body of bodies)
        for (const type of ["application/json", "text/plain"]) {
          const reply = await ask(market.url, path, { ...shows.wrong, "content-type": type }, body);
          expect([reply.status, (await reply.json()).error.reason]).toEqual([401, "unauthorized"]);
          expect(reply.headers.get("www-authenticate")).toBe('Bearer realm="bourse"');
        }
  });

  test.each(["/orders", "/orders/batch"])("POST %s answers 401 before the body has come", async (path) => {
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    expect((await sendRaw(market.url, `${head}Content-Length: 4000\r\n\r\n{`)).status).toBe(401);
  });

  test("paths and methods that are not there are the same for all", async () => {
    for (const caller of callers)
      for (const [method, path, status] of [
        ["GET", "/nowhere", 404],
        ["DELETE", "/orders", 405],
        ["PUT", "/orders/1", 405],
        ["OPTIONS", "/orders", 405],
      ] as const) {
        const reply = await fetch(market.url + path, { method, headers: shows[caller] });
        expect([path, reply.status]).toEqual([path, status]);
        expect(reply.headers.has("access-control-allow-origin")).toBe(false);
      }
  });

  test("a HEAD needs the key that its GET needs", async () => {
    const head = async (path: string, caller: Caller) =>
      (await fetch(market.url + path, { method: "HEAD", headers: shows[caller] })).status;
    for (const path of ["/stocks", "/stocks/GameStart", "/orders", "/orders/1", "/audit", "/events"]) {
      expect([path, await head(path, "wrong")]).toEqual([path, 401]);
      expect([path, await head(path, "admin")]).toEqual([path, 200]);
    }
  });

  test("a stock that is in the cache is only for who has a key", async () => {
    const look = (caller: Caller) => ask(market.url, "/stocks/GameStart", shows[caller]);
    await until(async () => (await look("reader")).headers.get("x-cache") === "hit");
    for (const caller of ["none", "wrong", "malformed", "revoked"] as const) {
      const reply = await look(caller);
      expect(reply.status).toBe(401);
      expect(reply.headers.has("x-cache")).toBe(false);
    }
    expect((await look("reader")).headers.get("cache-control")).toBe("no-store");
  });

  test("with keys the Host does not matter, and a path in it makes no other call", async () => {
    const shown = `Authorization: ${shows.admin["authorization"]}\r\n`;
    for (const host of ["market.example", "a/orders?b=c", "a/healthz?"]) {
      const lines = `GET /stocks/GameStart HTTP/1.1\r\nHost: ${host}\r\n`;
      expect((await sendRaw(market.url, `${lines}\r\n`)).status).toBe(401);
      const { status, text } = await sendRaw(market.url, `${lines}${shown}\r\n`);
      expect([status, text]).toEqual([200, expect.stringContaining('"name":"GameStart"')]);
    }
  });

  test("two Authorization headers are none", async () => {
    const line = (caller: Caller) => `Authorization: ${shows[caller]["authorization"]}\r\n`;
    for (const both of [
      line("admin") + line("wrong"),
      line("wrong") + line("admin"),
      line("admin").repeat(2),
    ])
      expect(
        (await sendRaw(market.url, `GET /orders HTTP/1.1\r\nHost: localhost\r\n${both}\r\n`)).status,
      ).toBe(401);
  });

  test("every answer to a good key says what is left of its rate", async () => {
    for (const [path, body, status] of [
      ["/stocks/GameStart", undefined, 200],
      ["/stocks/NoSuchCo", undefined, 404],
      ["/orders?limit=0", undefined, 422],
      ["/orders", buyOne, 200],
      ["/orders", "{{", 422],
      ["/orders", { ...buyOne, name: "NoSuchCo" }, 404],
      ["/orders/batch", { orders: [] }, 422],
      ["/orders/batch", { orders: [buyOne] }, 200],
      ["/events", undefined, 200],
    ] as const) {
      const reply = await ask(market.url, path, shows.trader, body);
      await reply.body?.cancel();
      expect([path, reply.status]).toEqual([path, status]);
      for (const name of ["limit", "remaining", "reset"])
        expect(reply.headers.get(`ratelimit-${name}`)).toMatch(/^\d+$/);
    }
  });
});

describe.skipIf(isOneProcess)("every route between services × the secret", () => {
  /** Paths with the status that the secret gets. What would change the books is asked with an empty body. */
  const rows: Record<"catalog" | "order", Record<string, [path: string, status: number]>> = {
    catalog: {
      "GET /healthz": ["/healthz", 200],
      "GET /readyz": ["/readyz", 200],
      "GET /stocks/:name": ["/stocks/GameStart", 200],
      "GET /stocks": ["/stocks?after=&limit=1", 200],
      "GET /trades": ["/trades?after=0&limit=1", 200],
      "GET /changes": ["/changes?after=0&limit=1", 200],
      "GET /stock-changes": ["/stock-changes?after=0&limit=1", 200],
      "GET /overlaps": ["/overlaps?after=0&limit=1", 200],
      "GET /heads": ["/heads", 200],
      "GET /feed": ["/feed", 200],
      "POST /epochs": ["/epochs", 422],
      "POST /batches": ["/batches", 422],
    },
    order: {
      "GET /healthz": ["/healthz", 200],
      "GET /readyz": ["/readyz", 200],
      "GET /ledger/:number": ["/ledger/1", 200],
      "GET /ledger": ["/ledger?after=0&limit=1", 200],
      "GET /head": ["/head", 200],
      "GET /feed": ["/feed", 200],
      "POST /orders": ["/orders", 422],
    },
  };

  test("has a row", async () => {
    using catalog = openCatalog();
    await using order = new OpenOrderService(catalog);
    for (const [service, app] of [
      ["catalog", catalog.app()],
      ["order", order.app],
    ] as const) {
      const routes = app.routes
        .filter(({ hooks }) => !hooks.detail?.hide)
        .map(({ method, path }) => `${method} ${path}`);
      expect(routes.toSorted()).toEqual(Object.keys(rows[service]).toSorted());
    }
  });

  const all = Object.entries(rows).flatMap(([service, routes]) =>
    Object.entries(routes).map(([route, [path, status]]) => ({ service, route, path, status })),
  );

  test.each(all)("$service: $route", async ({ service, route, path, status }) => {
    const { url } = market.services[service as ServiceName];
    const isOpen = path === "/healthz" || path === "/readyz";
    const body = route.startsWith("POST") ? {} : undefined;
    const with_ = (headers: Record<string, string>) =>
      statusOf(ask(url, path, { ...peerHeaders(undefined), ...headers }, body));
    const without = isOpen ? status : 401;
    expect({
      none: await with_({}),
      wrong: await with_(bearer(serviceSecret.replace("0", "1"))),
      apiKey: await with_(shows.admin),
      noVersion: await statusOf(ask(url, path, bearer(serviceSecret), body)),
      right: await with_(bearer(serviceSecret)),
    }).toEqual({
      none: without,
      wrong: without,
      apiKey: without,
      noVersion: isOpen ? status : 409,
      right: status,
    });
  });

  test("the service secret is no API key", async () => {
    expect(await statusOf(ask(market.url, "/stocks", bearer(serviceSecret)))).toBe(401);
  });
});

test("a key that is revoked stops within a second, also what was still being sent to it", async () => {
  const [key] = market.addKeys({ client: "brief", role: "reader" }) as [string];
  await until(async () => (await ask(market.url, "/stocks", bearer(key))).ok, 1_500, "the new key works");
  const events = await ask(market.url, "/events", bearer(key));
  market.revoke(key);
  await until(
    async () => (await ask(market.url, "/stocks", bearer(key))).status === 401,
    1_500,
    "the revoked key stops",
  );
  await ask(market.url, "/orders", shows.trader, buyOne);
  expect(await events.text()).not.toContain("event: trade");
}, 10_000);

test("a rate counts all requests of a key, and of no other; a batch costs its orders", async () => {
  const [slow, other, batch] = market.addKeys(
    { client: "slow", role: "reader", rate: 3 },
    { client: "slow", role: "reader", rate: 3 },
    { client: "slow", role: "trader", rate: 5 },
  ) as [string, string, string];
  await until(async () => (await ask(market.url, "/stocks", bearer(other))).ok);
  const paths = ["/stocks", "/stocks/GameStart", "/orders", "/audit", "/orders/1", "/stocks"];
  const statuses = await Promise.all(
    [...paths, ...paths, ...paths].map((path) => statusOf(ask(market.url, path, bearer(slow)))),
  );
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(10);
  expect(statuses.filter((status) => status !== 429).length).toBeGreaterThanOrEqual(6);
  expect(await statusOf(ask(market.url, "/stocks", bearer(other)))).toBe(200);

  const orders = { orders: Array.from({ length: 10 }, () => ({ ...buyOne, name: "NoSuchCo" })) };
  const first = await ask(market.url, "/orders/batch", bearer(batch), orders);
  expect([first.status, first.headers.get("ratelimit-remaining")]).toEqual([200, "0"]);
  const second = await ask(market.url, "/orders/batch", bearer(batch), orders);
  expect(second.status).toBe(429);
  expect(Number(second.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect((await second.json()).error).toMatchObject({ code: 429, reason: "rate_limited" });
});

test.each<[name: ServiceName, variables: Record<string, string>]>([
  ...serviceNames.map((name): [ServiceName, Record<string, string>] => [name, {}]),
  ["frontend", { BOURSE_SERVICE_SECRET: serviceSecret }],
  ["frontend", { BOURSE_API_KEYS_FILE: "keys.json" }],
])("%s with %j listens on loopback only, and says why", async (name, given) => {
  const variable = `${name.toUpperCase()}_HOST`;
  const service = spawnService(name, { ...given, [variable]: "0.0.0.0" }, "pipe");
  const [stderr, exitCode] = await Promise.all([new Response(service.stderr).text(), service.exited]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(new RegExp(`^${name}: ${variable} must be a loopback address: without [^\n]+\n$`));
});

test("no log line has a key, its hash or the service secret, whatever goes wrong", async () => {
  const text = readFileSync(market.keysFile, "utf8");
  const kept = readKeys(market.keysFile);
  const before = market.services.frontend.lines.length;
  writeFileSync(market.keysFile, `${market.keys.join("\n")}\n${text}`);
  await until(async () => market.services.frontend.lines.length > before, 2_000, "the damage is logged");
  for (const key of [...market.keys, serviceSecret])
    for (const { url } of Object.values(market.services)) {
      await statusOf(ask(url, `/orders?key=${key}`, bearer(key), { key }));
      await statusOf(ask(url, `/${key}`, { ...bearer(key), "idempotency-key": key }));
    }
  for (const name of ["order", "catalog"] as const) {
    await market.end(name, "SIGKILL");
    // In one process nothing answers now.
    await statusOf(ask(market.url, "/stocks/MenhirCo", shows.admin)).catch(() => undefined);
    await statusOf(ask(market.url, "/audit", shows.admin)).catch(() => undefined);
    await market.start(name);
  }
  await market.ready();
  writeFileSync(market.keysFile, text);
  const log = Object.values(market.services).flatMap(({ lines }) => lines);
  expect(log.join("\n")).toContain("the API keys are unchanged");
  const secrets = [
    ...market.keys.map((key) => key.slice(-43)),
    ...kept.map(({ hash }) => hash),
    serviceSecret,
  ];
  for (const secret of secrets) expect(log.filter((line) => line.includes(secret))).toEqual([]);
}, 30_000);
