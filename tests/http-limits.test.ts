import { afterAll, beforeAll, expect, test } from "bun:test";

import { wireVersion, wireVersionHeader } from "../services/contract/wire-version.ts";
import { orderLike } from "../services/contract/order.fixture.ts";
import { faultsIn, readBooks } from "../testing/auditor.ts";
import { postOrder } from "../testing/http-client.ts";
import { isOneProcess, serviceNames, startMarket, type Market } from "../testing/market.ts";
import { sendRaw, type RawReply } from "../testing/raw-http.ts";
import { smuggling } from "../torture/fuzz/smuggling.ts";

/** The services that have a listener of their own. */
const listeners = isOneProcess ? (["frontend"] as const) : serviceNames;

let market: Market;
beforeAll(async () => {
  market = await startMarket({ variables: { BOURSE_HOSTS: "x,a,ab,b,a.example" } });
}, 30_000);
afterAll(() => market.stop());

const host = "Host: localhost\r\n";
const json = "Content-Type: application/json\r\n";
/** Calls between services carry it. */
const wire = `${wireVersionHeader}: ${wireVersion}\r\n`;
const chunked = "Transfer-Encoding: chunked\r\n";
const order = '{"name":"GameStart","type":"sell","quantity":1}';
const length = (body: string) => `Content-Length: ${body.length}\r\n`;
const headers = (count: number) => Array.from({ length: count }, (_, n) => `X-${n}: v\r\n`).join("");
const chunk = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const get = (target: string, extra = "") => `GET ${target} HTTP/1.1\r\n${host}${extra}\r\n`;
const post = (extra: string, body: string, target = "/orders") =>
  `POST ${target} HTTP/1.1\r\n${host}${extra}\r\n${body}`;
const spaces = (bytes: number) => " ".repeat(bytes);

const ask = (bytes: string) => sendRaw(market.url, bytes);
const statusesIn = ({ text }: RawReply) =>
  [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));
const bodyOf = ({ text }: RawReply) => JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4));
const tradesNow = () => readBooks(market.dataDir).trades.length;

/** One answer, in the contract's words. */
function expectFailure(reply: RawReply, code: number, reason: string): void {
  expect(statusesIn(reply)).toEqual([code]);
  expect(bodyOf(reply)).toEqual({ error: { code, message: expect.any(String), reason } });
  expect(reply.text).not.toMatch(/^access-control/im);
}

test("100 headers are taken, and 101 are 431, on every path", async () => {
  for (const request of [
    get,
    (target: string, extra: string) => post(json + length(order) + extra, order, target),
  ]) {
    const own = request === get ? 1 : 3;
    const target = request === get ? "/stocks/GameStart" : "/orders";
    expect(statusesIn(await ask(request(target, headers(100 - own))))).toEqual([200]);
    expectFailure(await ask(request(target, headers(101 - own))), 431, "headers_too_large");
  }
});

test.each(listeners)("%s: over 16 KB of headers is 431, and the connection ends", async (name) => {
  for (const large of [
    get("/healthz", `X-A: ${"a".repeat(17_000)}\r\n`),
    get("/healthz", headers(10).replaceAll(": v", `: ${"v".repeat(1_700)}`)),
    get(`/${"a".repeat(20_000)}`),
    get("/healthz", headers(201)),
  ])
    expect(statusesIn(await sendRaw(market.services[name].url, large))).toEqual([431]);
});

test.each([
  ["one order", "/orders", 4_096],
  ["a batch", "/orders/batch", 2 ** 20],
])("%s over its limit is 413 in our words, declared or in chunks", async (_, target, limit) => {
  const tooLarge = spaces(limit + 1);
  expectFailure(await ask(post(json + length(tooLarge), tooLarge, target)), 413, "payload_too_large");
  // Before any of it has come.
  expectFailure(await ask(post(json + length(tooLarge), "", target)), 413, "payload_too_large");
  expectFailure(await ask(post(json + chunked, chunk(tooLarge), target)), 413, "payload_too_large");
  const fits = `${order}${spaces(limit - order.length)}`;
  const { status } = await ask(post(json + length(fits), fits, target));
  expect(status).toBe(target === "/orders" ? 200 : 422);
});

test.each(listeners)("%s: a body past all limits is 413, and the connection ends", async (name) => {
  const { url } = market.services[name];
  const huge = spaces(2 ** 24 + 1);
  expect(statusesIn(await sendRaw(url, post(`${json}Content-Length: 99999999999\r\n`, "")))).toEqual([413]);
  const target = { catalog: "/batches", order: "/orders", frontend: "/orders/batch" }[name];
  expect(statusesIn(await sendRaw(url, post(json + wire + chunked, chunk(huge), target)))).toEqual([413]);
});

// A page of another site may have a browser post text/plain to any address that the browser reaches.
test.skipIf(isOneProcess)(
  "no page of another site can post to the services behind the frontend",
  async () => {
    const body = JSON.stringify({ orders: [{ ...orderLike({ name: "GameStart" }), timeout_ms: 1_000 }] });
    const before = tradesNow();
    for (const [name, target] of [
      ["order", "/orders"],
      ["catalog", "/batches"],
      ["catalog", "/epochs"],
    ] as const)
      for (const type of [
        "text/plain",
        "application/x-www-form-urlencoded",
        "text/plain; application/json",
      ]) {
        const bytes = post(`Content-Type: ${type}\r\n${wire}${length(body)}`, body, target);
        expectFailure(await sendRaw(market.services[name].url, bytes), 415, "unsupported_media_type");
      }
    expect(tradesNow()).toBe(before);
  },
);

const smuggled = post(json + length(order), order);

test.each(smuggling)(
  "%s is refused by every service, and what comes after it is not read",
  async (_, bytes) => {
    const before = tradesNow();
    expect(statusesIn(await ask(bytes))).toEqual([400]);
    for (const name of listeners.filter((name) => name !== "frontend")) {
      const statuses = statusesIn(await sendRaw(market.services[name].url, bytes));
      // An unknown path is answered before its body has arrived, and then the body is refused.
      expect([[400], [404], [404, 400]]).toContainEqual(statuses);
    }
    expect(tradesNow()).toBe(before);
  },
);

// Bun ends a connection on which a second request comes while the first is worked on; it never mixes them up.
test("requests in one write are answered in order, or the connection ends", async () => {
  const before = tradesNow();
  const targets = ["/stocks/GameStart", "/stocks/%zz", "/stocks/NoSuchCo", "/nowhere"];
  const expected = [200, 422, 404, 404];
  for (let first = 0; first < targets.length; first += 1) {
    const reply = await ask(
      `${targets
        .slice(first)
        .map((target) => get(target))
        .join("")}${smuggled}${smuggled}`,
    );
    const statuses = statusesIn(reply);
    expect(statuses).toEqual([...expected.slice(first), 200, 200].slice(0, statuses.length));
  }
  // One more request, after those that are still in flight.
  await postOrder(market.url, { name: "GameStart", type: "sell", quantity: 1 });
  expect(tradesNow() - before).toBeLessThanOrEqual(2 * targets.length + 1);
});

test("an order in chunks is one order", async () => {
  const before = tradesNow();
  const pieces = order
    .split("")
    .map((letter) => `1\r\n${letter}\r\n`)
    .join("");
  expect(statusesIn(await ask(post(json + chunked, `${pieces}0\r\n\r\n`)))).toEqual([200]);
  expect(tradesNow()).toBe(before + 1);
});

test("HTTP/1.0 is answered, and the connection ends", async () => {
  const started = performance.now();
  const reply = await sendRaw(market.url, "GET /stocks/GameStart HTTP/1.0\r\n\r\n", { quietMs: 2_000 });
  expect(reply.status).toBe(200);
  expect(performance.now() - started).toBeLessThan(2_000);
});

test.each([
  ["an address in full", "GET http://elsewhere.example/stocks/GameStart HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ["a short host", "GET /stocks/GameStart HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["two hosts", "GET /stocks/GameStart HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
  ["an encoded name", get("/stocks/%47ameStart")],
])("%s asks for the same stock", async (_, bytes) => {
  const reply = await ask(bytes);
  expect(statusesIn(reply)).toEqual([200]);
  expect(bodyOf(reply).data.name).toBe("GameStart");
});

test.each(["OPTIONS", "TRACE", "PATCH", "DELETE", "PUT", "CONNECT", "PROPFIND"])(
  "%s on a path that does not take it is 405 with Allow, and no other site is let in",
  async (method) => {
    const origin =
      "Origin: https://elsewhere.example\r\nAccess-Control-Request-Method: POST\r\nX-Secret: Zq9x\r\n";
    const reply = await ask(`${method} /orders HTTP/1.1\r\n${host}${origin}\r\n`);
    expectFailure(reply, 405, "method_not_allowed");
    expect(reply.text).toMatch(/^allow: .*POST/im);
    expect(reply.text).not.toContain("Zq9x");
  },
);

test("a wrong method is told from a path that is not there, whatever the Host", async () => {
  for (const name of ["x", "ab", "a.example:80", "[::1]"])
    for (const [target, code, reason] of [
      ["/orders", 405, "method_not_allowed"],
      ["/nowhere", 404, "route_not_found"],
    ] as const)
      expectFailure(await ask(`PATCH ${target} HTTP/1.1\r\nHost: ${name}\r\n\r\n`), code, reason);
});

test("what comes before a path that is there makes it another path, whatever the Host", async () => {
  for (const name of ["b", "x", "ab", "localhost"])
    for (const target of ["/sto/stocks/GameStart", "/st/orders/1", "//stocks/GameStart"])
      expectFailure(await ask(`GET ${target} HTTP/1.1\r\nHost: ${name}\r\n\r\n`), 404, "route_not_found");
});

test("HEAD is a GET without its body", async () => {
  for (const [path, expected] of [
    ["/stocks/GameStart", 200],
    ["/stocks/NoSuchCo", 404],
    ["/orders", 200],
    ["/nowhere", 404],
  ]) {
    const reply = await ask(`HEAD ${path} HTTP/1.1\r\n${host}\r\n`);
    expect(statusesIn(reply)).toEqual([Number(expected)]);
    expect(reply.text.split("\r\n\r\n")[1]).toBe("");
  }
});

test.each(["BREW", "get", "G@T", "PRI * HTTP/2.0\r\n\r\nSM"])(
  "the method %j is refused, or its connection closed",
  async (method) => {
    const { status } = await ask(`${method} /orders HTTP/1.1\r\n${host}\r\n`);
    expect([400, 405, undefined]).toContain(status);
  },
);

test("after all of it the market trades, its books hold, and it has logged nothing unexpected", async () => {
  expect((await postOrder(market.url, { name: "BoarCo", type: "buy", quantity: 1 })).status).toBe(200);
  expect(faultsIn(readBooks(market.dataDir))).toEqual([]);
  for (const { lines } of Object.values(market.services))
    expect(lines.filter((line) => Number(JSON.parse(line).level) >= 50)).toEqual([]);
});
