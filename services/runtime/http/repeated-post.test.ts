import { treaty } from "@elysiajs/eden";
import { expect, test } from "bun:test";
import { Elysia } from "elysia";
import { createServer, type Socket } from "node:net";

import type { Reply } from "../../contract/reply.ts";
import { callPeer } from "./peer.ts";
import type { Fetch } from "./direct-fetch.ts";
import { treatyOptions } from "./treaty-options.ts";

/**
 * `callPeer` takes a refused connection for a call that was never sent. That is true only while the runtime sends a
 * POST once: one that it repeats by itself, after the first copy was read, may be refused although the call arrived.
 * RFC 9110 (9.2.2) forbids that, and HTTP clients have done it all the same. These tests fail when an upgrade of the
 * runtime begins to.
 */

const shape = () => new Elysia().post("/orders", () => ({ number: 7 }));
type Shape = ReturnType<typeof shape>;

/** What the server does with a connection on which it has read a POST. */
type End = (socket: Socket, stopListening: () => void) => void;

const replyOf = (status: string, headers = "") =>
  `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\n${headers}Content-Length: 12\r\n\r\n{"number":7}`;

const okReply = replyOf("200 OK");

/** Answers `answered` POSTs with `answer`, then ends the connection of the next one with `end`. Counts the POSTs that it has read. */
async function startRawServer(answered: number, end: End, answer: End = (socket) => socket.write(okReply)) {
  let posts = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    let text = "";
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      text += String(chunk);
      if (!text.endsWith("}")) return;
      text = "";
      posts += 1;
      (posts <= answered ? answer : end)(socket, () => server.close());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const stop = () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
  return { origin: `http://127.0.0.1:${address.port}`, posts: () => posts, stop };
}

/** The reply to the last of some POSTs, sent one after the other, and how many POSTs the server has read. */
async function outcomeOf(
  answered: number,
  end: End,
  send?: Fetch,
): Promise<{ last: Reply<unknown>; posts: number }> {
  const server = await startRawServer(answered, end);
  try {
    const peer = treaty<Shape>(server.origin, treatyOptions(undefined, send));
    const post = () =>
      callPeer(peer.orders.post({ quantity: 1 }, { fetch: { signal: AbortSignal.timeout(1_000) } }));
    for (let call = 0; call < answered; call++) expect(await post()).toMatchObject({ ok: true });
    const last = await post();
    // A copy that is under way arrives by then.
    await Bun.sleep(100);
    return { last, posts: server.posts() };
  } finally {
    server.stop();
  }
}

const ends: [string, End][] = [
  ["is closed", (socket) => socket.end()],
  ["is cut", (socket) => socket.destroy()],
  ["is reset", (socket) => socket.resetAndDestroy()],
  ["is cut inside the headers of the reply", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Le")],
  ["is cut inside the body of the reply", (socket) => socket.end(okReply.slice(0, -3))],
  [
    "is cut while nobody listens any more",
    (socket, stopListening) => {
      stopListening();
      socket.destroy();
    },
  ],
  ["is answered by nothing", () => undefined],
];

/** After these a client may ask again on another connection; browsers do after some of them. */
const retryable = [
  "408 Request Timeout",
  "421 Misdirected Request",
  "425 Too Early",
  "503 Service Unavailable",
];
const answers = retryable.map((status): [string, End] => [
  `is answered by ${status}`,
  (socket) => socket.end(replyOf(status, "Retry-After: 0\r\nConnection: close\r\n")),
]);

test.each([...ends, ...answers])(
  "a POST whose connection %s is sent once, and may have arrived",
  async (_, end) => {
    expect(await outcomeOf(0, end)).toEqual({ last: { ok: false, arrived: "maybe" }, posts: 1 });
    // Now on a connection that was kept alive: there, clients repeat what they take for a race with its idle timeout.
    expect(await outcomeOf(2, end)).toEqual({ last: { ok: false, arrived: "maybe" }, posts: 3 });
  },
);

test("a kept connection that the server has closed since gives the next POST to the server at most once", async () => {
  const answerAndClose: End = (socket) => socket.end(okReply);
  const calls = 20;
  const server = await startRawServer(calls, answerAndClose, answerAndClose);
  try {
    const peer = treaty<Shape>(server.origin, treatyOptions());
    let posts = 0;
    for (let call = 0; call < calls; call++) {
      const reply = await callPeer(peer.orders.post({ quantity: 1 }));
      if (reply.ok) posts += 1;
      else expect(reply).toEqual({ ok: false, arrived: "maybe" });
      expect(server.posts()).toBeWithin(posts, call + 2);
    }
  } finally {
    server.stop();
  }
});

test("a runtime that repeats a POST is caught", async () => {
  const repeating: Fetch = (url, init) => fetch(url, init).catch(() => fetch(url, init));
  const cut: End = (socket) => socket.destroy();
  expect(await outcomeOf(0, cut, repeating)).toEqual({ last: { ok: false, arrived: "maybe" }, posts: 2 });
  const cutForGood: End = (socket, stopListening) => {
    stopListening();
    socket.destroy();
  };
  // What the protocol must never see: "not sent" for a call that arrived.
  expect((await outcomeOf(0, cutForGood, repeating)).last).toEqual({ ok: false, arrived: "no" });
});
