import { afterAll, beforeAll, expect, test } from "bun:test";

import { wireVersion, wireVersionHeader } from "../services/contract/wire-version.ts";
import { readBooks } from "../testing/auditor.ts";
import { isOneProcess, startMarket, type Market, type ServiceName } from "../testing/market.ts";
import { sendRaw } from "../testing/raw-http.ts";

/** A market without keys is for this machine. A web page whose name was pointed to it calls it by that name. */
let market: Market;
beforeAll(async () => {
  market = await startMarket({ variables: { BOURSE_HOSTS: "market.example" } });
}, 30_000);
afterAll(() => market.stop());

const order = '{"name":"GameStart","type":"buy","quantity":1}';

function request(line: string, host: string, body?: string): string {
  const wire = `${wireVersionHeader}: ${wireVersion}\r\n`;
  const json =
    body === undefined ? "" : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  return `${line} HTTP/1.1\r\nHost: ${host}\r\n${wire}${json}Connection: close\r\n\r\n${body ?? ""}`;
}

const look = (host: string) => sendRaw(market.url, request("GET /stocks/GameStart", host));

const calls: [service: ServiceName, line: string, body: string | undefined][] = [
  ["frontend", "GET /stocks/GameStart", undefined],
  ["frontend", "GET /events?after=0-0", undefined],
  ["frontend", "GET /nowhere", undefined],
  ["frontend", "POST /orders", order],
  ["frontend", "POST /orders/batch", `{"orders":[${order}]}`],
  ["catalog", "POST /epochs", "{}"],
  ["catalog", "POST /batches", "{}"],
  ["catalog", "GET /heads", undefined],
  ["order", "POST /orders", '{"orders":[]}'],
  ["order", "GET /ledger?after=0&limit=10", undefined],
];

test.each(calls.filter(([service]) => !isOneProcess || service === "frontend"))(
  "%s: %s under another name is 421, and nothing is done",
  async (service, line, body) => {
    const { url } = market.services[service];
    const { port } = new URL(url);
    for (const host of ["evil.example", `evil.example:${port}`, "192.0.2.1"]) {
      const { status, text } = await sendRaw(url, request(line, host, body));
      expect([status, JSON.parse(text.split("\r\n\r\n")[1] ?? "").error.reason]).toEqual([421, "wrong_host"]);
    }
    // By the address of this machine the same call reaches the service.
    if (!line.includes("/events"))
      expect((await sendRaw(url, request(line, `127.0.0.1:${port}`, body))).status).not.toBe(421);
  },
);

test("a cached stock is answered by the names of this machine and the listed ones alone", async () => {
  await look("localhost");
  expect((await look("localhost")).text).toMatch(/^x-cache: hit/im);
  for (const host of ["localhost", "[::1]:8080", "market.example", "MARKET.example:443"])
    expect((await look(host)).status).toBe(200);
  for (const host of ["evil.example", "a.market.example", "market.example.evil.example"])
    expect((await look(host)).status).toBe(421);
});

test("only the orders under a good name have traded", () => {
  expect(readBooks(market.dataDir).trades).toHaveLength(2);
});
