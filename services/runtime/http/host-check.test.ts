import { afterAll, expect, test } from "bun:test";
import { Elysia } from "elysia";

import { sendRaw } from "../../../testing/raw-http.ts";
import { closeListener, listen } from "./listen.ts";

/** Listeners that count the requests which reach the app: one for this machine, one that takes any Host. */
function listener(hosts: readonly string[] | undefined) {
  const reached = { count: 0 };
  const app = new Elysia().all("/*", () => {
    reached.count += 1;
    return "reached";
  });
  const url = listen(app, { host: "127.0.0.1", port: 0, hosts }, 1_000);
  const ask = (lines: string) => sendRaw(url, `${lines}\r\nConnection: close\r\n\r\n`);
  return { app, ask, reached, port: new URL(url).port };
}

const local = listener(["market.example", "2001:db8::1"]);
const open = listener(undefined);
afterAll(() => Promise.all([closeListener(local.app, 100), closeListener(open.app, 100)]));

test.each([
  "localhost",
  "LocalHost:8080",
  `127.0.0.1:${local.port}`,
  "127.0.0.1:1",
  "127.9.9.9",
  "[::1]",
  "[::1]:8080",
  "market.example",
  "Market.Example:443",
  "[2001:db8::1]:8080",
])("Host %s is this machine, or listed", async (host) => {
  expect((await local.ask(`GET /a HTTP/1.1\r\nHost: ${host}`)).status).toBe(200);
});

test.each([
  "evil.example",
  "evil.example:8080",
  "localhost.evil.example",
  "evil.example.localhost",
  "127.0.0.1.evil.example",
  "localhost@evil.example",
  "localhost:80@evil.example",
  "evil.example#localhost",
  "localhost/evil.example",
  "localhost evil.example",
  "market.example.evil.example",
  "a.market.example",
  "192.0.2.1",
  "0.0.0.0:8080",
  "[::]:8080",
  "",
])("Host %j is 421 wrong_host, whatever is asked for", async (host) => {
  const before = local.reached.count;
  for (const line of ["GET /a HTTP/1.1", "GET /healthz HTTP/1.1", "DELETE /a HTTP/1.1"]) {
    const reply = await local.ask(`${line}\r\nHost: ${host}`);
    expect(reply.status).toBe(421);
    expect(JSON.parse(reply.text.split("\r\n\r\n")[1] ?? "")).toMatchObject({
      error: { code: 421, reason: "wrong_host" },
    });
    expect(reply.text).not.toContain("evil");
  }
  const post = `POST /a HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 900`;
  expect((await local.ask(post)).status).toBe(421);
  expect(local.reached.count).toBe(before);
});

test("the Host counts and not an address in the request line; a good request before changes nothing", async () => {
  expect((await local.ask("GET http://localhost/a HTTP/1.1\r\nHost: evil.example")).status).toBe(421);
  expect((await local.ask("GET //localhost/a HTTP/1.1\r\nHost: evil.example")).status).toBe(421);
  expect((await local.ask("GET /a HTTP/1.1\r\nHost: localhost")).status).toBe(200);
  expect((await local.ask("GET /localhost/ HTTP/1.1\r\nHost: evil.example")).status).toBe(421);
});

test("HTTP/1.0 without a Host is from no browser, and is answered", async () => {
  expect((await local.ask("GET /a HTTP/1.0")).status).toBe(200);
});

test("with keys or a secret every Host is taken", async () => {
  for (const host of ["evil.example", "catalog:8081", "a/orders?b=c"])
    expect((await open.ask(`GET /a HTTP/1.1\r\nHost: ${host}`)).status).toBe(200);
});
