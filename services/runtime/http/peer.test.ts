import type { Reply } from "../../contract/reply.ts";
import { treaty } from "@elysiajs/eden";
import { expect, test } from "bun:test";
import { Elysia } from "elysia";

import { errorBody } from "../../contract/errors.ts";
import { callPeer } from "./peer.ts";
import { treatyOptions } from "./treaty-options.ts";

const shape = () => new Elysia().get("/thing", () => ({ number: 7 }));
type Shape = ReturnType<typeof shape>;
type Thing = Reply<{ number: number }>;

/** What a call comes to when a real server answers with `respond`. */
async function replyOf(
  respond: (server: Bun.Server<undefined>) => Response | Promise<Response>,
): Promise<Thing> {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (_request, self) => respond(self) });
  try {
    return await ask(server.url.origin);
  } finally {
    await server.stop(true);
  }
}

function ask(origin: string, timeoutMs = 1_000): Promise<Thing> {
  const peer = treaty<Shape>(origin, treatyOptions());
  return callPeer(peer.thing.get({ fetch: { signal: AbortSignal.timeout(timeoutMs) } }));
}

test("an answer is its data", async () => {
  expect(await replyOf(() => Response.json({ number: 7 }))).toEqual({ ok: true, data: { number: 7 } });
});

test("a refused connection never arrived", async () => {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const { origin } = server.url;
  await server.stop(true);
  expect(await ask(origin)).toEqual({ ok: false, arrived: "no" });
});

const lost = { ok: false, arrived: "maybe" } as const;

test("a server that dies before it replies may have acted", async () => {
  const reply = await replyOf(async (server) => {
    await server.stop(true);
    return Response.json({ number: 7 });
  });
  expect(reply).toEqual(lost);
});

test("a reply that breaks off after its headers may have acted", async () => {
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket) {
        socket.write(
          'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"number":',
        );
        setTimeout(() => socket.terminate(), 20);
      },
    },
  });
  expect(await ask(`http://127.0.0.1:${server.port}`)).toEqual(lost);
  server.stop(true);
});

test("what is no HTTP may have acted", async () => {
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: (socket) => void socket.end("hello?\r\n") },
  });
  expect(await ask(`http://127.0.0.1:${server.port}`)).toEqual(lost);
  server.stop(true);
});

test("a peer that does not answer in time may have acted", async () => {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Promise<Response>(() => {}) });
  expect(await ask(server.url.origin, 50)).toEqual(lost);
  await server.stop(true);
});

test.each(["stock_not_found", "storage_full", "stale_epoch"] as const)(
  "our own %s is a refusal",
  async (reason) => {
    const body = errorBody(reason);
    const reply = await replyOf(() => Response.json(body, { status: body.error.code }));
    expect(reply).toEqual({ ok: false, arrived: "yes", reason });
  },
);

const foreign: [what: string, respond: () => Response][] = [
  ["a foreign 500", () => new Response("oops", { status: 500 })],
  [
    "a proxy's 502 page",
    () => new Response("<html>", { status: 502, headers: { "content-type": "text/html" } }),
  ],
  ["a reason that is none of ours", () => Response.json({ error: { reason: "bad_mood" } }, { status: 409 })],
  [
    "our own 500, after which nobody knows",
    () => Response.json(errorBody("internal_error"), { status: 500 }),
  ],
  ["an empty body", () => new Response(null, { status: 200 })],
  ["JSON that is none", () => new Response("{", { headers: { "content-type": "application/json" } })],
];

test.each(foreign)("%s may have acted", async (_what, respond) => {
  expect(await replyOf(respond)).toEqual(lost);
});
