import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";

import { residentMb } from "../../testing/load/memory.ts";
import { ask, postOrder } from "../../testing/http-client.ts";
import { startMarket, type Market } from "../../testing/market.ts";
import { until } from "../../testing/until.ts";

let market: Market;
beforeAll(async () => {
  market = await startMarket();
}, 120_000);
afterAll(() => market.stop());

const host = "Host: localhost\r\n";
const json = "Content-Type: application/json\r\n";
const dripMs = 500;

interface Client {
  socket: Socket;
  answer: string;
  isOpen: boolean;
}

/** Opens connections that each send `first` at once. */
async function openAll(count: number, first: string): Promise<Client[]> {
  const { hostname, port } = new URL(market.url);
  const open = async (): Promise<Client> => {
    const socket = connect(Number(port), hostname);
    const client: Client = { socket, answer: "", isOpen: true };
    socket.on("data", (bytes) => (client.answer += bytes.toString("latin1")));
    socket.on("close", () => (client.isOpen = false));
    // A cut connection; `close` follows.
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.write(first);
    return client;
  };
  const clients: Client[] = [];
  while (clients.length < count)
    clients.push(...(await Promise.all(Array.from({ length: Math.min(100, count - clients.length) }, open))));
  return clients;
}

const stillOpen = (clients: readonly Client[]) => clients.filter(({ isOpen }) => isOpen);

function closeAll(clients: readonly Client[]): void {
  for (const { socket } of clients) socket.destroy();
}

/** Orders and lookups, one after the other. Returns how long the slowest took. */
async function serve(rounds: number): Promise<number> {
  let slowestMs = 0;
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    const order = await postOrder(market.url, { name: "GameStart", type: "sell", quantity: 1 });
    expect(order.status).toBe(200);
    const stock = await fetch(`${market.url}/stocks/GameStart`);
    expect((await stock.json()).data.name).toBe("GameStart");
    slowestMs = Math.max(slowestMs, performance.now() - started);
  }
  return slowestMs;
}

/** A service that a slow client blocks answers when that client is cut, which takes ten seconds and more. */
const blockedMs = 8_000;
const frontendMb = () => residentMb(market.services.frontend.process.pid);

test("a thousand open connections that say nothing stop nobody", async () => {
  const clients = await openAll(1_000, "");
  expect(await serve(100)).toBeLessThan(blockedMs);
  closeAll(clients);
}, 120_000);

test("a thousand clients that send byte by byte stop nobody, and are cut however steadily they drip", async () => {
  const started = performance.now();
  const length = "Content-Length: 4000\r\n\r\n";
  const dripping = await Promise.all([
    openAll(250, `GET /stocks/GameStart HTTP/1.1\r\n${host}X-A: `),
    openAll(250, "G"),
    openAll(250, `POST /orders HTTP/1.1\r\n${host}${json}${length}{`),
    openAll(250, `POST /orders/batch HTTP/1.1\r\n${host}${json}${length}{`),
  ]);
  const clients = dripping.flat();
  const drip = setInterval(() => {
    for (const { socket } of stillOpen(clients)) socket.write("a");
  }, dripMs);
  try {
    expect(await serve(100)).toBeLessThan(blockedMs);
    expect(stillOpen(clients).length).toBe(1_000);
    await until(async () => stillOpen(clients).length === 0, 30_000, "every slow client is cut");
    expect(performance.now() - started).toBeLessThan(25_000);
    expect(await serve(10)).toBeLessThan(blockedMs);
    expect(clients.filter(({ answer }) => answer !== "")).toEqual([]);
  } finally {
    clearInterval(drip);
    closeAll(clients);
  }
}, 120_000);

test.each([
  ["declared", `Content-Length: ${2 ** 20}\r\n\r\n`],
  ["in chunks", `Transfer-Encoding: chunked\r\n\r\nf4240\r\n`],
])(
  "large bodies that never end, %s, hold a bounded memory, and let it go",
  async (_, framing) => {
    const before = frontendMb();
    const head = `POST /orders/batch HTTP/1.1\r\n${host}${json}${framing}`;
    const clients = await openAll(500, head + " ".repeat(1_000_000));
    await until(
      async () => clients.filter(({ answer }) => answer !== "").length > 400,
      60_000,
      "most are refused",
    );
    for (const { answer } of clients.filter(({ answer }) => answer !== "")) {
      expect(answer).toStartWith("HTTP/1.1 503 ");
      expect(answer).toMatch(/^retry-after: 1\r$/im);
      expect(answer).toEndWith('"reason":"overloaded"}}');
    }
    // 500 MB would have to be held. 64 MiB are, and what the collector has not freed yet.
    expect(frontendMb() - before).toBeLessThan(350);
    expect(await serve(20)).toBeLessThan(blockedMs);
    closeAll(clients);

    // A batch that needs what they held.
    const orders = [{ name: "GameStart", type: "sell", quantity: 1 }];
    await until(async () => {
      const body = `${JSON.stringify({ orders })}${" ".repeat(2 ** 20 - 100)}`;
      const batches = Array.from({ length: 20 }, () => ask(market.url, "/orders/batch", {}, body));
      return (await Promise.all(batches)).every(({ status }) => status === 200);
    });
  },
  120_000,
);

test("a client that sends requests and reads no answer is not waited for", async () => {
  const before = frontendMb();
  const clients = await openAll(50, "");
  for (const { socket } of clients) {
    socket.pause();
    socket.write(`GET /stocks/GameStart HTTP/1.1\r\n${host}\r\n`.repeat(20_000));
  }
  expect(await serve(20)).toBeLessThan(blockedMs);
  expect(frontendMb() - before).toBeLessThan(200);
  closeAll(clients);
}, 120_000);

test("event streams that nobody reads are bounded in number and memory, and their places come back", async () => {
  const before = frontendMb();
  const clients = await openAll(150, `GET /events?after=0-0 HTTP/1.1\r\n${host}\r\n`);
  const answered = (status: number) =>
    clients.filter(({ answer }) => answer.startsWith(`HTTP/1.1 ${status} `)).length;
  await until(() => answered(200) + answered(429) === 150, 10_000, "all are answered");
  for (const { socket } of clients) socket.pause();
  expect([answered(200), answered(429)]).toEqual([100, 50]);
  for (const { answer } of clients.filter(({ answer }) => answer.startsWith("HTTP/1.1 429 ")))
    expect(answer).toMatch(/^retry-after: 5\r$/im);
  expect(await serve(20)).toBeLessThan(1_000);
  expect(frontendMb() - before).toBeLessThan(100);
  closeAll(clients);
  await until(async () => {
    const events = await fetch(`${market.url}/events`);
    await events.body?.cancel();
    return events.status === 200;
  }, 5_000);
}, 30_000);

test("nothing of it was logged as unexpected", () => {
  for (const { lines } of Object.values(market.services))
    expect(lines.filter((line) => Number(JSON.parse(line).level) >= 50)).toEqual([]);
});
