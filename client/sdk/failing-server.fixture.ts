import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { NewOrder, Order, Stock } from "./types.ts";

export interface Seen {
  method: string | undefined;
  url: string | undefined;
  key: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
  atMs: number;
}

/** What the server does with one attempt. */
export type Treatment = (response: ServerResponse, seen: Seen) => void;

export const hangs: Treatment = () => {};
export const cutsBeforeReply: Treatment = (response) => response.destroy();
export const cutsInsideReply: Treatment = (response) => {
  response.writeHead(200, { "Content-Length": 1_000 });
  response.write('{"data":', () => response.destroy());
};

export function replies(status: number, body: unknown, headers: Record<string, string> = {}): Treatment {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return (response) => response.writeHead(status, headers).end(text);
}

export function refuses(status: number, reason: string, headers: Record<string, string> = {}): Treatment {
  return replies(status, { error: { code: status, message: reason, reason } }, headers);
}

/** An order in the ledger, as the market shows it. */
export const orderOf = (number: number): Order => ({
  number,
  name: "BoarCo",
  type: "buy",
  quantity: 3,
  price: 7.11,
  at: "2026-01-01T00:00:00.000Z",
});

export const stockOf = (name: string): Stock => ({
  name,
  price: 7.11,
  quantity: 100,
  volume: 0,
  status: "open",
  version: 1,
});

/** Trades whatever order comes. */
export const trades: Treatment = (response, { body }) => {
  const { expected_price: price = 7.11, ...order } = JSON.parse(body) as NewOrder;
  const { at } = orderOf(7);
  response.end(JSON.stringify({ data: { transaction_number: 7, ...order, price, at } }));
};

/** A real HTTP server. Each entry handles one request, in order; the last entry also handles all later requests. */
export async function startServer(treatments: Treatment[], port = 0) {
  const seen: Seen[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await bodyOf(request);
    const treat = treatments[Math.min(seen.length, treatments.length - 1)];
    const key = request.headers["idempotency-key"];
    const { method, url, headers } = request;
    const attempt = { method, url, headers, body, atMs: performance.now() };
    const keyed = { ...attempt, key: typeof key === "string" ? key : undefined };
    seen.push(keyed);
    treat?.(response, keyed);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const { port: boundPort } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${boundPort}`, port: boundPort, seen, stop };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
