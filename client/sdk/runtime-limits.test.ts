import { afterEach, expect, test } from "bun:test";

import { BourseError, createClient, unwrap, type Fetch } from "./client.ts";
import { hangs, startServer, trades } from "./failing-server.fixture.ts";

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

test("the cause of a network error is kept, in the result and in what unwrap throws", async () => {
  const cause = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:1") });
  const client = createClient({ fetch: () => Promise.reject(cause), retries: 0 });
  const result = await client.orders.buy("A", 1);
  expect(result.error?.cause).toBe(cause);
  expect(result.error?.message).toBe("fetch failed: connect ECONNREFUSED 127.0.0.1:1");
  const thrown: unknown = await Promise.resolve(result)
    .then(unwrap)
    .catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(BourseError);
  expect((thrown as BourseError).cause).toBe(cause);
  const [many] = await client.orders.placeMany([{ name: "A", type: "buy", quantity: 1 }]);
  expect(many?.error?.cause).toBe(cause);
});

test("a refused connection has the error of the real fetch as its cause", async () => {
  const gone = await startServer([hangs]);
  await gone.stop();
  const { error } = await createClient({ baseUrl: gone.url, retries: 0 }).stocks.get("A");
  expect(error?.reason).toBe("network_error");
  expect(error?.cause).toBeInstanceOf(Error);
});

test("the cause of an aborted call is the reason of its signal", async () => {
  const server = await startServer([hangs]);
  stops.push(server.stop);
  const reason = new Error("the page was left");
  const leaving = new AbortController();
  const call = createClient({ baseUrl: server.url }).stocks.get("A", { signal: leaving.signal });
  leaving.abort(reason);
  expect((await call).error).toMatchObject({ reason: "aborted", cause: reason });
});

test("an error without a cause has none", () => {
  const error = new BourseError({ code: 400, message: "m", reason: "limit_exceeded" });
  expect("cause" in error).toBe(false);
});

/** A fetch such as React Native's: its replies have a text and no stream. */
const withoutStream: Fetch = async (url, init) => {
  const response = await fetch(url, init);
  return new Proxy(response, {
    get: (target, property) => {
      if (property === "body") return undefined;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
};

test("with a fetch without streams, orders trade and events are one clear error", async () => {
  const stream = (response: Parameters<typeof trades>[0]) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write("retry: 500\n\n");
  };
  const server = await startServer([trades, stream]);
  stops.push(server.stop);
  const client = createClient({ baseUrl: server.url, fetch: withoutStream });
  expect((await client.orders.buy("A", 1)).data?.transaction_number).toBe(7);
  const startMs = performance.now();
  const thrown = await client
    .events()
    .next()
    .catch((error: unknown) => error);
  expect(thrown).toMatchObject({ name: "BourseError", reason: "unexpected_reply" });
  expect((thrown as BourseError).message).toContain("no body stream");
  expect(performance.now() - startMs).toBeLessThan(2_000);
  expect(server.seen.length).toBe(2);
});

test("a fetch that gives no Response is a network_error, and does not throw", async () => {
  const fetch = (async () => undefined) as unknown as Fetch;
  const { error } = await createClient({ fetch, retries: 0 }).stocks.get("A");
  expect(error).toMatchObject({ reason: "network_error", message: "fetch gave no Response" });
});

test("a fetch that throws at once does not make a call throw", async () => {
  const fetch: Fetch = () => {
    throw new TypeError("not today");
  };
  const client = createClient({ fetch, retries: 0 });
  expect((await client.stocks.get("A")).error?.message).toBe("not today");
  const leaving = AbortSignal.timeout(100);
  expect(await Array.fromAsync(client.events({ signal: leaving }))).toEqual([]);
});

test("without crypto an order without a key is one clear error, and one with a key trades", async () => {
  const server = await startServer([trades]);
  stops.push(server.stop);
  const { orders } = createClient({ baseUrl: server.url });
  const { crypto } = globalThis;
  Object.defineProperty(globalThis, "crypto", { value: undefined, configurable: true, writable: true });
  try {
    const { error } = await orders.buy("A", 1);
    expect(error).toMatchObject({ code: 422, reason: "invalid_request" });
    expect(error?.message).toContain("pass idempotencyKey");
    const [many] = await orders.placeMany([{ name: "A", type: "buy", quantity: 1 }]);
    expect(many?.error?.message).toContain("pass idempotency_key");
    expect(server.seen).toEqual([]);
    expect((await orders.buy("A", 1, { idempotencyKey: "mine" })).data?.quantity).toBe(1);
  } finally {
    Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true, writable: true });
  }
});
