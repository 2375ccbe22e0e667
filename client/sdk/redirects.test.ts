import { afterEach, expect, test } from "bun:test";

import { createClient, type Fetch, type Result } from "./client.ts";
import { orderOf, replies, startServer, stockOf, trades, type Treatment } from "./failing-server.fixture.ts";

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function start(treatment: Treatment) {
  const server = await startServer([treatment]);
  stops.push(server.stop);
  return server;
}

/** A market whose address redirects to another server, which answers as a market would. */
async function redirected(status: number, treatment: Treatment) {
  const target = await start(treatment);
  const origin = await start(replies(status, "moved", { Location: `${target.url}/new` }));
  return { origin, target, client: createClient({ baseUrl: origin.url }) };
}

const statuses = [301, 302, 303, 307, 308];
const ledgerPage = replies(200, { data: [orderOf(1)], next: null });

test.each(statuses)("an order is not sent to where a %d points; the error names it", async (status) => {
  // fetch turns a POST into a GET for 301, 302 and 303: the page of the ledger would be the answer to the order.
  const { origin, target, client } = await redirected(status, status < 304 ? ledgerPage : trades);
  const { data, error } = await client.orders.buy("BoarCo", 3, { idempotencyKey: "mine" });
  expect(data).toBeNull();
  expect(error).toMatchObject({ code: status, reason: "unexpected_reply", idempotencyKey: "mine" });
  expect(error?.message).toContain(`${target.url}/new`);
  expect([origin.seen.length, target.seen.length]).toEqual([1, 0]);
});

test.each(statuses)("neither a batch nor a lookup nor the events follow a %d", async (status) => {
  const { target, client } = await redirected(status, replies(200, { data: stockOf("A") }));
  const thrown = await client
    .events()
    .next()
    .catch((error: unknown) => error);
  const [batched] = await client.orders.placeMany([{ name: "A", type: "buy", quantity: 1 }]);
  const { error: looked } = await client.stocks.get("A");
  for (const error of [thrown, batched?.error, looked]) {
    expect(error).toMatchObject({ code: status, reason: "unexpected_reply" });
    expect(error).toMatchObject({ message: expect.stringContaining(`${target.url}/new`) });
  }
  expect(target.seen).toEqual([]);
});

test("a relative address is named as a whole one", async () => {
  const { url } = await start(replies(308, "", { Location: "/market/" }));
  const { error } = await createClient({ baseUrl: url }).stocks.get("A");
  expect(error?.message).toContain(`${url}/market/`);
});

test("a fetch that follows redirects all the same has its answer refused", async () => {
  const { target, origin } = await redirected(302, replies(200, { data: stockOf("A") }));
  const following: Fetch = (url, init) => fetch(url, { ...init, redirect: "follow" });
  const { error } = await createClient({ baseUrl: origin.url, fetch: following }).stocks.get("A");
  expect(error).toMatchObject({ code: 200, reason: "unexpected_reply" });
  expect(error?.message).toContain(`${target.url}/new`);
});

test("the reply of a browser, which hides the new address, is one clear error", async () => {
  const hidden = { type: "opaqueredirect", status: 0, ok: false, headers: new Headers(), body: null };
  const client = createClient({ fetch: async () => hidden as unknown as Response });
  const results: Result<unknown>[] = [await client.orders.buy("A", 1), await client.orders.get(1)];
  for (const { error } of results) {
    expect(error).toMatchObject({ code: 0, reason: "unexpected_reply" });
    expect(error?.message).toContain("redirects");
  }
});
