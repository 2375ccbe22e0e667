import { afterEach, expect, test } from "bun:test";

import { createClient, type Fetch } from "./client.ts";
import { startServer, type Treatment } from "./failing-server.fixture.ts";

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

const chunk = Buffer.alloc(2 ** 16, "x");
/** Well above the longest reply that is read, and what the sockets hold. */
const farTooManyBytes = 64 * 2 ** 20;

/** Sends bytes for as long as they are read. `sentBytes` is how many were. */
function endless(head: string, contentType = "application/json") {
  const sent = { bytes: 0 };
  const treatment: Treatment = (response) => {
    response.writeHead(200, { "Content-Type": contentType });
    response.write(head);
    const more = () => {
      while (!response.destroyed && sent.bytes < 2 * farTooManyBytes) {
        sent.bytes += chunk.length;
        if (!response.write(chunk)) return void response.once("drain", more);
      }
    };
    more();
  };
  return { sent, treatment };
}

async function start(treatment: Treatment) {
  const server = await startServer([treatment]);
  stops.push(server.stop);
  return createClient({ baseUrl: server.url });
}

test("a reply that never ends is cut, and the order has no known outcome", async () => {
  const { sent, treatment } = endless('{"data":"');
  const { orders } = await start(treatment);
  const { error } = await orders.buy("A", 1, { idempotencyKey: "mine" });
  expect(error).toMatchObject({ code: 200, reason: "unexpected_reply", idempotencyKey: "mine" });
  expect(sent.bytes).toBeLessThan(farTooManyBytes);
});

test.each([
  ["line", "data: "],
  ["event", "data: \ndata: "],
])("an event stream with a %s that never ends is cut and throws", async (_, head) => {
  const { sent, treatment } = endless(`id: 1-0\n${head}`, "text/event-stream");
  const client = await start(treatment);
  const thrown = await client
    .events()
    .next()
    .catch((error: unknown) => error);
  expect(thrown).toMatchObject({ name: "BourseError", reason: "unexpected_reply" });
  expect(sent.bytes).toBeLessThan(farTooManyBytes);
});

test("an event of many lines that never ends is cut and throws", async () => {
  const lines = new TextEncoder().encode("data:\n".repeat(10_000));
  const pull = (controller: ReadableStreamDefaultController) => controller.enqueue(lines);
  const headers = { "Content-Type": "text/event-stream" };
  const client = createClient({ fetch: async () => new Response(new ReadableStream({ pull }), { headers }) });
  const thrown = await client
    .events()
    .next()
    .catch((error: unknown) => error);
  expect(thrown).toMatchObject({ name: "BourseError", reason: "unexpected_reply" });
});

test.each<[string, Fetch]>([
  ["never answers and ignores its signal", () => new Promise(() => {})],
  ["gives a body that never ends and ignores its signal", async () => new Response(new ReadableStream())],
])("with a fetch that %s, a call ends in time", async (_, fetch) => {
  const startMs = performance.now();
  const { error } = await createClient({ fetch, timeoutMs: 200 }).orders.buy("A", 1);
  expect(error).toMatchObject({ code: 0, reason: "timeout" });
  expect(performance.now() - startMs).toBeLessThan(2_000);
  const signal = AbortSignal.timeout(50);
  const { error: left } = await createClient({ fetch }).stocks.get("A", { signal });
  expect(left?.reason).toBe("aborted");
});
