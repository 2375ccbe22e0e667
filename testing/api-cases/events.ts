import assert from "node:assert/strict";

import { stocksOf, type StreamEvent } from "../event-follower.ts";
import { postOrder, type Api, type OrderBody } from "../http-client.ts";
import { assertFailure, eventsUntil, get, isoTime, pages } from "./requests.ts";
import type { ApiCase, ApiSuite } from "./suite.ts";

const opening = [
  { name: "A", priceCents: 1599, quantity: 40 },
  { name: "B", priceCents: 250, quantity: 3_000 },
];
const orders: readonly OrderBody[] = [
  { name: "A", type: "buy", quantity: 3 },
  { name: "B", type: "sell", quantity: 1 },
  { name: "A", type: "sell", quantity: 2 },
];

interface World {
  api: Api;
}

/** The number of a new trade of stock B. */
async function placed(api: Api): Promise<number> {
  const response = await postOrder(api, { name: "B", type: "buy", quantity: 1 });
  return (await response.json()).data.transaction_number;
}

/** Every event from the beginning of the market to the trade of this number. */
const allUntil = (api: Api, path: string, number: number, headers: Record<string, string> = {}) =>
  eventsUntil(api, path, headers, ({ event, data }) => event === "trade" && data.number === number);

const withoutHello = (events: readonly StreamEvent[]): StreamEvent[] =>
  events.filter(({ event }) => event !== "hello");

const positions = ["1", "-1-0", "1-", "a-b", "0-0-0", "99999999999999999-0"];

const isNoPosition = (position: string): ApiCase<World> => ({
  name: `${position} is no position: 422, as a header and as a parameter`,
  async run({ api }) {
    for (const [path, headers] of [
      ["/events", { "last-event-id": position }],
      [`/events?after=${position}`, {}],
    ] as const) {
      const { response, body } = await get(api, path, { headers });
      assertFailure({ status: response.status, body }, 422, "invalid_request");
    }
  },
});

/** The public event stream of a market that runs without a break. */
export const events: ApiSuite<World> = {
  name: "the event stream",
  async prepare(open) {
    const api = await open({ opening });
    for (const order of orders) assert.equal((await postOrder(api, order)).status, 200);
    return { api };
  },
  cases: [
    {
      name: "without a position it begins with hello at the head, and then has each trade as it happens",
      async run({ api }) {
        const before = await placed(api);
        let expected = 0;
        const seen = await eventsUntil(api, "/events", {}, async ({ event, data }) => {
          if (event === "hello") expected = await placed(api);
          return event === "trade" && data.number === expected;
        });
        assert.equal(expected, before + 1);
        // The head that a frontend knows may be some milliseconds old: trades from before may follow the hello.
        const [hello, ...rest] = seen;
        assert.equal(hello?.event, "hello");
        assert.equal(hello?.data.changes, opening.length);
        assert.deepEqual(
          rest.map(({ event, data }) => [event, data.number]),
          Array.from({ length: expected - hello?.data.trades }, (_, index) => [
            "trade",
            hello?.data.trades + index + 1,
          ]),
        );
      },
    },
    {
      name: "from 0-0 it has every opening and every trade in order, each with the position after it as its id",
      async run({ api }) {
        const head = await placed(api);
        const seen = withoutHello(await allUntil(api, "/events", head, { "last-event-id": "0-0" }));
        let [trade, change] = [0, 0];
        for (const { id, event, data } of seen) {
          if (event === "stock") assert.equal(data.change, (change += 1));
          else assert.deepEqual([event, data.number], ["trade", (trade += 1)]);
          assert.equal(id, `${trade}-${change}`);
          assert.match(data.at, isoTime);
        }
        assert.deepEqual([trade, change], [head, opening.length]);

        const { rows } = await pages(api, "/orders", { limit: "1000" });
        const trades = seen.filter(({ event }) => event === "trade");
        assert.deepEqual(
          trades.map(({ data: { quantity_after: _after, stock_version: _version, ...order } }) => order),
          rows.slice(0, head),
        );
      },
    },
    {
      name: "the stocks follow from the events alone",
      async run({ api }) {
        const head = await placed(api);
        const seen = await allUntil(api, "/events", head, { "last-event-id": "0-0" });
        const { body } = await get(api, "/stocks");
        assert.deepEqual(
          [...stocksOf(seen).values()].toSorted((a, b) => (String(a["name"]) < String(b["name"]) ? -1 : 1)),
          body.data,
        );
      },
    },
    {
      name: "it resumes after any position, and `after` means what Last-Event-ID means",
      async run({ api }) {
        const head = await placed(api);
        const all = withoutHello(await allUntil(api, "/events?after=0-0", head));
        for (const [index, { id }] of all.slice(0, -1).entries()) {
          const rest = all.slice(index + 1);
          const byHeader = await allUntil(api, "/events", head, { "last-event-id": id });
          assert.deepEqual(withoutHello(byHeader), rest);
          const byParameter = await allUntil(api, `/events?after=${id}`, head);
          assert.deepEqual(withoutHello(byParameter), rest);
        }
      },
    },
    {
      name: "a position that the books do not have is answered by reset and the head",
      async run({ api }) {
        const [first] = await eventsUntil(api, "/events?after=999999-0", {}, () => true);
        assert.equal(first?.event, "reset");
        assert.equal(first?.id, `${first?.data.trades}-${first?.data.changes}`);
        assert.equal(first?.data.changes, opening.length);
      },
    },
    ...positions.map(isNoPosition),
  ],
};
