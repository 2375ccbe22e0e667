import assert from "node:assert/strict";

import { ask, bearer, buyOne, type Api } from "../http-client.ts";
import { eventsUntil, get as getFrom } from "./requests.ts";
import type { ApiSuite } from "./suite.ts";

/** Two keys of alice's, one of bob's, a reader of alice's, and an admin. */
const callers = {
  alice: { client: "alice", role: "trader" },
  "alice-too": { client: "alice", role: "trader" },
  bob: { client: "bob", role: "trader" },
  watcher: { client: "alice", role: "reader" },
  root: { client: "root", role: "admin" },
} as const;
type Who = keyof typeof callers;

/** The calls of these callers. */
class World {
  readonly #api: Api;
  readonly #keys: ReadonlyMap<string, string>;

  constructor(api: Api & { keys: readonly string[] }) {
    this.#api = api;
    this.#keys = new Map(Object.keys(callers).map((who, index) => [who, api.keys[index] ?? ""]));
  }

  async get(who: Who, path: string) {
    const { response, body } = await getFrom(this.#api, path, { headers: this.#headers(who) });
    return { status: response.status, body };
  }

  async place(who: Who, key: string, order = buyOne) {
    const reply = await ask(this.#api, "/orders", { ...this.#headers(who), "idempotency-key": key }, order);
    const body = await reply.json();
    const replayed = reply.headers.get("idempotency-replayed") === "true";
    return { status: reply.status, number: Number(body.data?.transaction_number), body, replayed };
  }

  async numbersOf(who: Who, query = ""): Promise<number[]> {
    const { body } = await this.get(who, `/orders?limit=1000${query}`);
    return body.data.map((order: { number: number }) => order.number);
  }

  events(who: Who, after: string, last: number) {
    const headers = { ...this.#headers(who), "last-event-id": after };
    return eventsUntil(this.#api, "/events", headers, ({ data }) => data.number === last);
  }

  async statusWithoutKey(path: string): Promise<number> {
    return (await getFrom(this.#api, path)).response.status;
  }

  #headers(who: Who): Record<string, string> {
    return bearer(this.#keys.get(who) ?? "");
  }
}

/** What a client sees of its own orders and of others', in a market with API keys. */
export const ownOrders: ApiSuite<World> = {
  name: "orders of a client",
  prepare: async (open) => new World(await open({ keys: Object.values(callers) })),
  cases: [
    {
      name: "the same idempotency key of two clients is two orders",
      async run(market) {
        const [first, second] = [
          await market.place("alice", "same"),
          await market.place("bob", "same", { ...buyOne, quantity: 2 }),
        ];
        assert.deepEqual([first.status, second.status], [200, 200]);
        assert.deepEqual([first.replayed, second.replayed], [false, false]);
        assert.notEqual(first.number, second.number);
      },
    },
    {
      name: "a client's other key replays its orders and sees them: a client outlives its keys",
      async run(market) {
        const first = await market.place("alice", "mine");
        assert.deepEqual(await market.place("alice-too", "mine"), { ...first, replayed: true });
        const reused = await market.place("alice-too", "mine", { ...buyOne, quantity: 2 });
        assert.equal(reused.body.error.reason, "idempotency_key_reused");
        for (const who of ["alice", "alice-too", "watcher", "root"] as const)
          assert.equal((await market.get(who, `/orders/${first.number}`)).body.data.number, first.number);
        assert.deepEqual(await market.numbersOf("alice-too"), await market.numbersOf("watcher"));
      },
    },
    {
      name: "another client's order is not there, in the words for one that never was",
      async run(market) {
        const { number } = await market.place("alice", "hidden");
        const missing = await market.get("bob", "/orders/999999");
        assert.equal(missing.status, 404);
        assert.deepEqual(await market.get("bob", `/orders/${number}`), missing);
      },
    },
    {
      name: "a list has the client's own orders, an admin's all, whatever the filter",
      async run(market) {
        const [own, others] = [await market.place("alice", "list"), await market.place("bob", "list")];
        for (const query of ["", "&type=buy", "&name=GameStart"]) {
          const [alices, bobs, all] = [
            await market.numbersOf("alice", query),
            await market.numbersOf("bob", query),
            await market.numbersOf("root", query),
          ];
          assert.ok(alices.includes(own.number));
          assert.ok(bobs.includes(others.number));
          assert.deepEqual(
            alices.filter((number) => bobs.includes(number)),
            [],
          );
          assert.deepEqual(
            [...alices, ...bobs].toSorted((a, b) => a - b),
            all,
          );
        }
      },
    },
    {
      name: "no parameter makes a list another client's",
      async run(market) {
        await market.place("bob", "forged");
        const own = await market.numbersOf("alice");
        for (const query of [
          "&client=bob",
          "&client=alice&client=bob",
          "&client=",
          "&name=GameStart%26client%3Dbob",
        ]) {
          const { status, body } = await market.get("alice", `/orders?limit=1000${query}`);
          if (status === 200)
            assert.deepEqual(
              body.data.map((order: { number: number }) => order.number),
              own,
            );
          else assert.equal(status, 422);
        }
      },
    },
    {
      name: "a key that looks like another client's order id is just a key",
      async run(market) {
        const first = await market.place("alice", "bob:ambiguous");
        const second = await market.place("bob", "ambiguous");
        const third = await market.place("bob", "alice:bob:ambiguous");
        assert.equal(new Set([first, second, third].map(({ number }) => number)).size, 3);
        assert.equal((await market.place("bob", "a b")).status, 422);
      },
    },
    {
      name: "events show every trade and nobody's name",
      async run(market) {
        const { number } = await market.place("bob", "seen-by-all");
        const events = await market.events("watcher", `${number - 1}-0`, number);
        const { event, data } = events.at(-1)!;
        assert.deepEqual([event, data.number, data.quantity], ["trade", number, 1]);
        assert.doesNotMatch(JSON.stringify(events), /alice|bob|root|client|order_id|seen-by-all/);
      },
    },
    {
      name: "no answer about an order names its client or its key",
      async run(market) {
        const { body, number } = await market.place("alice", "not-repeated");
        const shown = [
          body,
          await market.get("root", `/orders/${number}`),
          await market.get("root", "/orders?limit=1000"),
        ];
        assert.doesNotMatch(JSON.stringify(shown), /alice|not-repeated|order_id|fingerprint|chain/);
      },
    },
    {
      name: "without a key nothing is answered but whether the market is up",
      async run(market) {
        for (const [path, status] of [
          ["/stocks/GameStart", 401],
          ["/orders", 401],
          ["/events", 401],
          ["/readyz", 200],
        ] as const)
          assert.deepEqual([path, await market.statusWithoutKey(path)], [path, status]);
      },
    },
  ],
};
