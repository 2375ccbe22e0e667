import { afterAll, beforeAll, expect, test } from "bun:test";

import { ask, bearer, buyOne } from "../testing/http-client.ts";
import { startKeyedMarket, type KeyedMarket } from "../testing/keyed-market.ts";
import { until } from "../testing/until.ts";
import { parseEvents, type StreamEvent } from "../testing/event-follower.ts";

const names = ["alice", "alice-too", "bob", "watcher", "root"] as const;
let market: KeyedMarket;
/** Two keys of alice's, one of bob's, a reader of alice's, and an admin. */
let shows: Record<(typeof names)[number], Record<string, string>>;

beforeAll(async () => {
  market = await startKeyedMarket();
  const keys = market.addKeys(
    { client: "alice", role: "trader" },
    { client: "alice", role: "trader" },
    { client: "bob", role: "trader" },
    { client: "alice", role: "reader" },
    { client: "root", role: "admin" },
  );
  shows = Object.fromEntries(names.map((name, index) => [name, bearer(keys[index]!)])) as typeof shows;
  await until(async () => (await ask(market.url, "/stocks", shows.root)).ok);
}, 30_000);
afterAll(() => market.stop());

type Who = keyof typeof shows;

async function get(who: Who, path: string) {
  const reply = await ask(market.url, path, shows[who]);
  return { status: reply.status, body: await reply.json() };
}

async function place(who: Who, key: string, order = buyOne) {
  const reply = await ask(market.url, "/orders", { ...shows[who], "idempotency-key": key }, order);
  const body = await reply.json();
  const replayed = reply.headers.get("idempotency-replayed") === "true";
  return { status: reply.status, number: Number(body.data?.transaction_number), body, replayed };
}

async function numbersOf(who: Who, query = ""): Promise<number[]> {
  const { body } = await get(who, `/orders?limit=1000${query}`);
  return body.data.map((order: { number: number }) => order.number);
}

test("the same idempotency key of two clients is two orders", async () => {
  const [first, second] = [
    await place("alice", "same"),
    await place("bob", "same", { ...buyOne, quantity: 2 }),
  ];
  expect([first.status, second.status]).toEqual([200, 200]);
  expect([first.replayed, second.replayed]).toEqual([false, false]);
  expect(first.number).not.toBe(second.number);
});

test("a client's other key replays its orders and sees them: a client outlives its keys", async () => {
  const first = await place("alice", "mine");
  expect(await place("alice-too", "mine")).toEqual({ ...first, replayed: true });
  expect((await place("alice-too", "mine", { ...buyOne, quantity: 2 })).body.error.reason).toBe(
    "idempotency_key_reused",
  );
  for (const who of ["alice", "alice-too", "watcher", "root"] as const)
    expect((await get(who, `/orders/${first.number}`)).body.data.number).toBe(first.number);
  expect(await numbersOf("alice-too")).toEqual(await numbersOf("watcher"));
});

test("another client's order is not there, in the words for one that never was", async () => {
  const { number } = await place("alice", "hidden");
  const missing = await get("bob", "/orders/999999");
  expect(missing.status).toBe(404);
  expect(await get("bob", `/orders/${number}`)).toEqual(missing);
});

test("a list has the client's own orders, an admin's all, whatever the filter", async () => {
  const [own, others] = [await place("alice", "list"), await place("bob", "list")];
  for (const query of ["", "&type=buy", "&name=GameStart"]) {
    const [alices, bobs, all] = [
      await numbersOf("alice", query),
      await numbersOf("bob", query),
      await numbersOf("root", query),
    ];
    expect(alices).toContain(own.number);
    expect(bobs).toContain(others.number);
    expect(alices.filter((number) => bobs.includes(number))).toEqual([]);
    expect([...alices, ...bobs].toSorted((a, b) => a - b)).toEqual(all);
  }
});

test("no parameter makes a list another client's", async () => {
  await place("bob", "forged");
  const own = await numbersOf("alice");
  for (const query of [
    "&client=bob",
    "&client=alice&client=bob",
    "&client=",
    "&name=GameStart%26client%3Dbob",
  ]) {
    const { status, body } = await get("alice", `/orders?limit=1000${query}`);
    if (status === 200) expect(body.data.map((order: { number: number }) => order.number)).toEqual(own);
    else expect(status).toBe(422);
  }
});

test("a key that looks like another client's order id is just a key", async () => {
  const first = await place("alice", "bob:ambiguous");
  const second = await place("bob", "ambiguous");
  const third = await place("bob", "alice:bob:ambiguous");
  expect(new Set([first, second, third].map(({ number }) => number)).size).toBe(3);
  const forged = await ask(market.url, "/orders", { ...shows.bob, "idempotency-key": "a b" }, buyOne);
  expect(forged.status).toBe(422);
});

test("events show every trade and nobody's name", async () => {
  const { number } = await place("bob", "seen-by-all");
  const headers = { ...shows.watcher, "last-event-id": `${number - 1}-0` };
  const reply = await fetch(`${market.url}/events`, { headers });
  const events: StreamEvent[] = [];
  for await (const event of parseEvents(reply.body!)) {
    events.push(event);
    if (event.data.number === number) break;
  }
  expect(events.at(-1)).toMatchObject({ event: "trade", data: { number, quantity: 1 } });
  expect(JSON.stringify(events)).not.toMatch(/alice|bob|root|client|order_id|seen-by-all/);
});

test("no answer about an order names its client or its key", async () => {
  const { body, number } = await place("alice", "not-repeated");
  const shown = [body, await get("root", `/orders/${number}`), await get("root", "/orders?limit=1000")];
  expect(JSON.stringify(shown)).not.toMatch(/alice|not-repeated|order_id|fingerprint|chain/);
});
