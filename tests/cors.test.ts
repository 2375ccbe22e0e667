import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { exposedHeaders } from "../services/frontend/cors.ts";
import { buyOne } from "../testing/http-client.ts";
import { startMarket, type Market } from "../testing/market.ts";
import { until } from "../testing/until.ts";

/** Pages of listed origins call the API from a browser; those of other origins cannot. tests/browser.test.ts has a browser. */
const origin = "https://app.example";
let market: Market;
beforeAll(async () => {
  const variables = { BOURSE_CORS_ORIGINS: `${origin},http://localhost:5173` };
  market = await startMarket({ variables });
}, 30_000);
afterAll(() => market.stop());

const json = { "content-type": "application/json" };

function ask(path: string, from: string | undefined, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (from !== undefined) headers.set("origin", from);
  return fetch(market.url + path, { ...init, headers });
}

function preflight(from: string, method: string, headers: string): Promise<Response> {
  return ask("/orders", from, {
    method: "OPTIONS",
    headers: { "access-control-request-method": method, "access-control-request-headers": headers },
  });
}

test.each<[path: string, init: RequestInit, status: number]>([
  ["/stocks/GameStart", {}, 200],
  ["/stocks/GameStart", { headers: { "cache-control": "no-cache" } }, 200],
  ["/stocks", {}, 200],
  ["/orders", { method: "POST", headers: json, body: JSON.stringify(buyOne) }, 200],
  ["/orders", { method: "POST", headers: json, body: "{" }, 422],
  ["/orders", { method: "DELETE" }, 405],
  ["/nowhere", {}, 404],
  ["/readyz", {}, 200],
])("a page of a listed origin can read the answer to %s %p", async (path, init, status) => {
  const reply = await ask(path, origin, init);
  expect(reply.status).toBe(status);
  expect(reply.headers.get("access-control-allow-origin")).toBe(origin);
  expect(reply.headers.get("access-control-expose-headers")).toBe(exposedHeaders.join(", "));
  expect(reply.headers.get("vary")).toContain("Origin");
  expect(reply.headers.has("access-control-allow-credentials")).toBe(false);
  await reply.body?.cancel();
});

test("a page of another origin, and a program, get what they get without CORS", async () => {
  await until(async () => (await ask("/stocks/GameStart", origin)).headers.get("x-cache") === "hit");
  for (const from of [
    "https://evil.example",
    "https://app.example.evil",
    "http://app.example",
    "null",
    undefined,
  ])
    for (const path of ["/stocks/GameStart", "/nowhere"]) {
      const reply = await ask(path, from);
      expect([...reply.headers.keys()].filter((name) => /^access-control|^vary/.test(name))).toEqual([]);
    }
});

test("a preflight of a listed origin allows what the API takes", async () => {
  const wanted = "authorization, content-type, idempotency-key, last-event-id, cache-control";
  const reply = await preflight(origin, "POST", wanted);
  expect([reply.status, await reply.text()]).toEqual([204, ""]);
  expect(reply.headers.get("access-control-allow-origin")).toBe(origin);
  expect(reply.headers.get("access-control-allow-methods")?.split(", ")).toEqual([
    "GET",
    "HEAD",
    "POST",
    "PUT",
  ]);
  const allowed = reply.headers.get("access-control-allow-headers")?.toLowerCase().split(", ");
  expect(allowed).toEqual(expect.arrayContaining(wanted.split(", ")));
});

test("a preflight of another origin, and an OPTIONS that is none, are 405", async () => {
  for (const reply of [
    await preflight("https://evil.example", "POST", "content-type"),
    await preflight("*", "POST", "content-type"),
    await ask("/orders", origin, { method: "OPTIONS" }),
  ])
    expect(reply.status).toBe(405);
});

test("the event stream is readable too", async () => {
  const ended = new AbortController();
  const reply = await ask("/events", origin, { signal: ended.signal });
  expect(reply.headers.get("access-control-allow-origin")).toBe(origin);
  ended.abort();
});

test("every response header that the SDK reads is exposed", () => {
  const sdk = join(import.meta.dir, "../client/sdk");
  const sources = readdirSync(sdk).filter((name) => name.endsWith(".ts") && !/\.(test|fixture)\./.test(name));
  const read = sources.flatMap((name) =>
    [...readFileSync(join(sdk, name), "utf8").matchAll(/\.headers\.get\("([^"]+)"\)/g)].map(
      ([, header]) => header!,
    ),
  );
  // What every page may read.
  const safe = [
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
  ];
  const exposed = [...exposedHeaders.map((header) => header.toLowerCase()), ...safe];
  expect(read.length).toBeGreaterThan(1);
  for (const header of read) expect(exposed).toContain(header.toLowerCase());
});
