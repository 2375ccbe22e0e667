import type { Reply } from "../../contract/reply.ts";
import { treaty } from "@elysiajs/eden";
import { expect, test } from "bun:test";
import { Elysia } from "elysia";

import { errorBody } from "../../contract/errors.ts";
import { systemClock } from "../flow/clock.ts";
import type { EndedCall } from "./peer-observer.ts";
import { callPeer, peerCaller } from "./peer.ts";
import { treatyOptions } from "./treaty-options.ts";

const shape = () => new Elysia().get("/thing", () => ({ number: 7 }));
type Shape = ReturnType<typeof shape>;
type Thing = Reply<{ number: number }>;

/** The reply to a call that a real server answers with `respond`. */
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

test("a service that does not take our name for it did nothing, and the client learns nothing of it", async () => {
  const reply = await replyOf(() => Response.json(errorBody("wrong_host"), { status: 421 }));
  expect(reply).toEqual({ ok: false, arrived: "no" });
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

test("a peer that speaks no HTTP may have acted", async () => {
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
  "%s of a service is a refusal",
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
  [
    "a reason that is not in the table",
    () => Response.json({ error: { reason: "bad_mood" } }, { status: 409 }),
  ],
  [
    "our own 500, after which the outcome is not known",
    () => Response.json(errorBody("internal_error"), { status: 500 }),
  ],
  ["an empty body", () => new Response(null, { status: 200 })],
  ["JSON that is none", () => new Response("{", { headers: { "content-type": "application/json" } })],
];

test.each(foreign)("%s may have acted", async (_what, respond) => {
  expect(await replyOf(respond)).toEqual(lost);
});

test.each(["unauthorized", "version_mismatch"] as const)(
  "%s means that the call did not arrive, and clients learn nothing of it",
  async (reason) => {
    const body = errorBody(reason);
    const reply = await replyOf(() => Response.json(body, { status: body.error.code }));
    expect(reply).toEqual({ ok: false, arrived: "no" });
  },
);

/** The ends of one call that an observer gets. */
async function endsOf(call: Parameters<typeof callPeer>[0]): Promise<EndedCall[]> {
  const ends: EndedCall[] = [];
  const observe = (end: EndedCall) => ends.push(end);
  const reply = await callPeer(call, { peer: "catalog", call: "heads", observe, clock: systemClock });
  expect(ends.map((end) => end.reply)).toEqual([reply]);
  return ends;
}

const connectionLost = new TypeError("connection reset");

const ends: [what: string, call: Parameters<typeof callPeer>[0], failure: EndedCall["failure"]][] = [
  ["an answer", Promise.resolve({ data: { number: 7 }, error: null, response: new Response() }), undefined],
  [
    "a refusal",
    Promise.resolve({
      data: null,
      error: { status: 409, value: errorBody("stale_epoch") },
      response: new Response(),
    }),
    undefined,
  ],
  [
    "a broken transport",
    Promise.resolve({ data: null, error: { status: 503, value: connectionLost }, response: undefined }),
    { kind: "lost", cause: connectionLost },
  ],
  [
    "a foreign status",
    Promise.resolve({
      data: null,
      error: { status: 502, value: "<html>" },
      response: new Response(null, { status: 502 }),
    }),
    { kind: "lost", cause: 502 },
  ],
  [
    "another release",
    Promise.resolve({
      data: null,
      error: { status: 409, value: errorBody("version_mismatch", "run services of one release") },
      response: new Response(),
    }),
    { kind: "version", cause: "run services of one release" },
  ],
];

test.each(ends)("the observer gets the end of a call: %s", async (_what, call, failure) => {
  const [end] = await endsOf(call);
  expect(end).toMatchObject({ peer: "catalog", call: "heads", durationMs: expect.any(Number) });
  expect(end?.failure).toEqual(failure);
});

test("the observer gets the cause when the reply cannot be read", async () => {
  const [end] = await endsOf(Promise.reject(connectionLost));
  expect(end?.failure).toEqual({ kind: "lost", cause: connectionLost });
});

test("a caller for one peer names each call, and observes nothing without an observer", async () => {
  const ends: string[] = [];
  const answer = () => Promise.resolve({ data: { number: 7 }, error: null, response: new Response() });
  const observePeer = ({ peer, call }: EndedCall) => ends.push(`${peer} ${call}`);
  const call = peerCaller("catalog", { clock: systemClock, observePeer });
  expect(await call("heads", answer())).toEqual({ ok: true, data: { number: 7 } });
  await call("decide", answer());
  await peerCaller("order", { clock: systemClock })("submit", answer());
  expect(ends).toEqual(["catalog heads", "catalog decide"]);
});
