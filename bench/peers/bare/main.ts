import { announce, exampleStock } from "../peer.ts";

/** The limit of the HTTP server: the bytes of one lookup's reply for every request. */
const body = new TextEncoder().encode(JSON.stringify({ data: exampleStock }));
const init = { headers: { "content-type": "application/json;charset=utf-8" } };

const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(body, init) });
announce(server.url.origin);
