import { expect, test } from "bun:test";

import type { SubmitReply } from "../../contract/order.ts";
import { rejected } from "../../contract/reply.ts";
import type { StockState } from "../../contract/stock.ts";
import { systemClock } from "../../runtime/flow/clock.ts";
import { StockCache, type CacheOptions } from "./cache.ts";

const silenceMs = 1_000;

function stock(version: number, name = "A"): StockState {
  return { name, price_cents: 1599, quantity: version, volume: 0, status: "open", version };
}

const catalog = { stock: async () => rejected("unavailable") };

/** A cache whose feed is up, at a time that the test sets. */
function upCache(options: Partial<CacheOptions> = {}) {
  const clock = { ms: 0, now: () => clock.ms };
  const cache = new StockCache({ catalog, maxStocks: 10, isOn: true, silenceMs, clock, ...options });
  cache.feedUp();
  return { cache, clock };
}

function lookUp(cache: StockCache, state: StockState): void {
  cache.end(cache.begin(state.name), state);
}

function versionOf(body: Uint8Array | undefined): number | undefined {
  return body && JSON.parse(new TextDecoder().decode(body)).data.version;
}

test("a looked-up stock is a ready reply from then on", () => {
  const { cache } = upCache();
  expect(cache.get("A")).toBeUndefined();
  lookUp(cache, stock(1));
  expect(JSON.parse(new TextDecoder().decode(cache.get("A")))).toEqual({
    data: { name: "A", price: 15.99, quantity: 1, volume: 0, status: "open", version: 1 },
  });
});

test("only a higher version replaces a kept stock", () => {
  const { cache } = upCache();
  lookUp(cache, stock(5));
  for (const version of [4, 5, 1]) {
    cache.apply(stock(version));
    lookUp(cache, stock(version));
    expect(versionOf(cache.get("A"))).toBe(5);
  }
  cache.apply(stock(7));
  expect(versionOf(cache.get("A"))).toBe(7);
  lookUp(cache, stock(8));
  expect(versionOf(cache.get("A"))).toBe(8);
});

test("a stock that nobody looked up is not kept, however often it changes", () => {
  const { cache } = upCache();
  for (let version = 1; version <= 100; version += 1) cache.apply(stock(version));
  expect(cache.size).toBe(0);
});

test("a reply that is older than an event since the lookup began is answered and not cached", () => {
  const { cache } = upCache();
  const lookup = cache.begin("A");
  cache.apply(stock(2));
  expect(versionOf(cache.end(lookup, stock(1)))).toBe(1);
  expect(cache.get("A")).toBeUndefined();
});

test("an event of one stock does not keep the replies of others out of the cache", () => {
  const { cache } = upCache();
  const lookup = cache.begin("A");
  cache.apply(stock(9, "B"));
  cache.end(lookup, stock(1));
  expect(versionOf(cache.get("A"))).toBe(1);
});

test("a reply that is newer than a kept stock replaces it, although an event came since the lookup began", () => {
  const { cache } = upCache();
  lookUp(cache, stock(1));
  const lookup = cache.begin("A");
  cache.apply(stock(2));
  // Committed after version 2; its event has not arrived. A client that reads 3 here must not read 2 next.
  cache.end(lookup, stock(3));
  expect(versionOf(cache.get("A"))).toBe(3);
});

test("of two lookups at once the older reply is not cached, even when the newer was evicted before it came", () => {
  const { cache } = upCache({ maxStocks: 1 });
  const [older, newer] = [cache.begin("A"), cache.begin("A")];
  cache.end(newer, stock(2));
  lookUp(cache, stock(1, "B"));
  expect(cache.get("A")).toBeUndefined();
  cache.end(older, stock(1));
  expect(cache.get("A")).toBeUndefined();
});

test("a lookup that began before the feed stood is not kept, and nothing older than its reply is answered after it", () => {
  const { cache } = upCache();
  cache.feedDown();
  const early = cache.begin("A");
  cache.feedUp();
  const inBetween = cache.begin("A");
  lookUp(cache, stock(1));
  cache.end(early, stock(2));
  expect(cache.get("A")).toBeUndefined();
  cache.end(inBetween, stock(1));
  expect(cache.get("A")).toBeUndefined();
});

test("a new feed connection empties the cache", () => {
  const { cache } = upCache();
  lookUp(cache, stock(1));
  const lookup = cache.begin("B");
  cache.feedUp();
  expect(cache.size).toBe(0);
  cache.end(lookup, stock(1, "B"));
  expect(cache.size).toBe(0);
});

test("a cache whose feed is down neither answers nor caches", () => {
  const { cache } = upCache();
  lookUp(cache, stock(1));
  cache.feedDown();
  expect([cache.isUp, cache.get("A")]).toEqual([false, undefined]);
  lookUp(cache, stock(2));
  expect([cache.get("A"), cache.size]).toEqual([undefined, 0]);
});

test("a feed that is silent for silenceMs is down, and its next event finds an empty cache", () => {
  const { cache, clock } = upCache();
  lookUp(cache, stock(1));
  clock.ms += silenceMs - 1;
  expect(versionOf(cache.get("A"))).toBe(1);
  clock.ms += 1;
  expect([cache.isUp, cache.get("A")]).toEqual([false, undefined]);
  const lookup = cache.begin("B");
  cache.eventReceived();
  expect([cache.isUp, cache.get("A")]).toEqual([true, undefined]);
  cache.end(lookup, stock(1, "B"));
  expect(cache.size).toBe(0);
});

test("before the feed was ever up there is no hit", () => {
  const cache = new StockCache({ catalog, maxStocks: 10, isOn: true, silenceMs, clock: systemClock });
  lookUp(cache, stock(1));
  expect([cache.isUp, cache.get("A")]).toEqual([false, undefined]);
});

test("it is bounded: the least recently looked-up stock is evicted", () => {
  const { cache } = upCache({ maxStocks: 3 });
  for (const name of ["A", "B", "C"]) lookUp(cache, stock(1, name));
  cache.get("A");
  cache.apply(stock(2, "B"));
  lookUp(cache, stock(1, "D"));
  expect(["A", "B", "C", "D"].filter((name) => cache.get(name))).toEqual(["A", "C", "D"]);
  for (let index = 0; index < 100; index += 1) lookUp(cache, stock(1, `S${index}`));
  expect(cache.size).toBe(3);
});

test("a lookup that gets no reply leaves nothing behind", () => {
  const { cache } = upCache();
  expect(cache.end(cache.begin("A"))).toBeUndefined();
  expect(cache.size).toBe(0);
});

/** The reply to an order that had traded before: it has the stock's version, and no state. */
function replayed(stock_version: number): SubmitReply {
  const fill = { number: 1, price_cents: 100, stock_version, at: 0 };
  return { outcomes: [{ kind: "traded", fill, replayed: true }], stocks: [] };
}

test("after the answer to an own order, a lookup shows its trade; orders that did not trade change nothing", () => {
  const { cache } = upCache();
  for (const name of ["A", "B"]) lookUp(cache, stock(1, name));
  const refused = { kind: "refused", reason: "price_changed", replayed: false } as const;
  const fill = { number: 1, price_cents: 100, stock_version: 2, at: 0 };
  cache.applyOwnTrades([{ name: "B" }, { name: "A" }], {
    outcomes: [refused, { kind: "traded", fill, replayed: false }],
    stocks: [stock(2, "A")],
  });
  expect([versionOf(cache.get("A")), versionOf(cache.get("B"))]).toEqual([2, 1]);
});

test("a version that a client was answered is never followed by an older hit", () => {
  const cache = new StockCache({ catalog, maxStocks: 10, isOn: true, silenceMs, clock: systemClock });
  cache.feedUp();
  const state = { name: "A", price_cents: 100, quantity: 1, volume: 0, status: "open", version: 3 } as const;
  cache.end(cache.begin("A"), state);
  cache.applyOwnTrades([{ name: "A" }], replayed(3));
  expect(cache.get("A")).toBeDefined();

  const begunBefore = cache.begin("A");
  cache.applyOwnTrades([{ name: "A" }], replayed(4));
  expect(cache.get("A")).toBeUndefined();
  cache.end(begunBefore, state);
  expect(cache.get("A")).toBeUndefined();
});
