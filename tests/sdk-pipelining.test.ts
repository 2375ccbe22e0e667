import { expect, test } from "bun:test";
import { createServer } from "node:net";

import { createClient, unwrap } from "../client/sdk/client.ts";
import { startMarket } from "../testing/market.ts";
import { sendRaw } from "../testing/raw-http.ts";

const receipt = JSON.stringify({
  data: { transaction_number: 1, name: "BoarCo", type: "buy", quantity: 1, price: 7.11, at: "" },
});

/** A server that answers 10 ms after a request, and counts requests that came on a connection before its last reply. */
async function startCounting() {
  const seen = { requests: 0, pipelined: 0 };
  const server = createServer((socket) => {
    let text = "";
    let isAnswering = false;
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      if (isAnswering) seen.pipelined += 1;
      text += String(chunk);
      if (!text.endsWith("}")) return;
      text = "";
      seen.requests += 1;
      isAnswering = true;
      setTimeout(() => {
        isAnswering = false;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${receipt.length}\r\n\r\n${receipt}`);
      }, 10);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { url: `http://127.0.0.1:${address.port}`, seen, stop: () => server.close() };
}

test("calls at the same time are not pipelined: each connection has one request at a time", async () => {
  const { url, seen, stop } = await startCounting();
  const { orders } = createClient({ baseUrl: url });
  for (let round = 0; round < 3; round++) {
    const results = await Promise.all(Array.from({ length: 50 }, () => orders.buy("BoarCo", 1)));
    expect(results.map(({ error }) => error)).toEqual(Array(50).fill(null));
  }
  stop();
  expect(seen).toEqual({ requests: 150, pipelined: 0 });
});

test("orders that another program pipelined have one outcome, which the SDK gets with their keys", async () => {
  await using market = await startMarket();
  const body = JSON.stringify({ name: "BoarCo", type: "buy", quantity: 1 });
  const post = (key: string) =>
    [
      "POST /orders HTTP/1.1",
      `Host: ${new URL(market.url).host}`,
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
      `Idempotency-Key: ${key}`,
      "",
      body,
    ].join("\r\n");
  const { text } = await sendRaw(market.url, post("first") + post("second"));
  const replies = text.split("HTTP/1.1 200").length - 1;
  console.log(`${replies} of 2 pipelined orders were answered`);

  const { orders } = createClient({ baseUrl: market.url });
  for (const idempotencyKey of ["first", "second"])
    expect(unwrap(await orders.buy("BoarCo", 1, { idempotencyKey })).quantity).toBe(1);
  const ledger = await Array.fromAsync(orders.list());
  expect(ledger.map(({ number, quantity }) => [number, quantity])).toEqual([
    [1, 1],
    [2, 1],
  ]);
}, 30_000);
