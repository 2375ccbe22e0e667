import { expect, test } from "bun:test";

import type { Books, TradeRow } from "../testing/auditor.ts";
import type { Placed } from "./client.ts";
import { violationsIn, type Evidence } from "./check-round.ts";

const row = (number: number, quantityAfter: number): TradeRow => ({
  number,
  order_id: `anonymous\0key-${number}`,
  fingerprint: "",
  client: "anonymous",
  name: "BoarCo",
  type: "buy",
  quantity: 10,
  price_cents: 711,
  quantity_after: quantityAfter,
  stock_version: number + 1,
  at: 0,
  chain: "",
});
const trades = [row(1, 20), row(2, 10), row(3, 0)];
const opening = { number: 1, kind: "opening", name: "BoarCo", price_cents: 711, quantity_delta: 30 };
const books: Books = {
  marketId: "market",
  ledgerMarketId: "market",
  openings: [{ ...opening, status: "open", stock_version: 1, at: 0, chain: "" }],
  stocks: [],
  trades,
  refusals: [],
  ledger: trades,
  integrity: [],
};

/** The order behind trade `number`; from `startedMs` to `atMs`. */
const traded = (number: number, startedMs: number, atMs: number): Placed => ({
  ...placed(`key-${number}`, 10, startedMs),
  answer: { status: 200, text: "{}", atMs },
});
const refused = (quantity: number, startedMs: number, atMs: number): Placed => ({
  ...placed("refused", quantity, startedMs),
  answer: { status: 400, text: '{"error":{"reason":"insufficient_quantity"}}', atMs },
});
const inOrder = [traded(1, 0, 10), traded(2, 20, 30), traded(3, 40, 50)];

function placed(key: string, quantity: number, startedMs: number): Placed {
  return { key, order: { name: "BoarCo", type: "buy", quantity }, startedMs, copies: 1 };
}

const events = trades.map(({ price_cents, ...data }) => ({
  id: `${data.number}-1`,
  event: "trade",
  data: { ...data, price: price_cents / 100 },
}));

const reset = (trades: number) => ({ id: `${trades}-1`, event: "reset", data: { trades, changes: 1 } });

test.each<[string, Partial<Evidence>, string]>([
  [
    "a number that is smaller than that of an order answered before",
    { placed: [traded(1, 40, 50), traded(2, 20, 30), traded(3, 60, 70)] },
    "trade 1 was sent after 2 was answered",
  ],
  ["a trade that nobody ordered", { placed: inOrder.slice(1) }, "trade 1 was ordered by no client"],
  [
    "a trade that was ordered otherwise",
    { placed: [{ ...traded(1, 0, 10), order: { name: "BoarCo", type: "sell", quantity: 10 } }] },
    "trade 1 is not what its client ordered",
  ],
  [
    "a trade at another price than the expected one",
    {
      placed: [
        { ...traded(1, 0, 10), order: { name: "BoarCo", type: "buy", quantity: 10, expected_price: 7 } },
      ],
    },
    "trade 1 is not what its client ordered",
  ],
  [
    "a refusal when there was enough at any time that it could be of",
    { placed: [...inOrder, refused(15, 11, 19)] },
    "refused was refused as insufficient_quantity, which held at no moment of its time",
  ],
  [
    "a trade that the stream left out",
    { streams: [events.toSpliced(1, 1)] },
    "the event stream shows 3 where trade 2 is due",
  ],
  [
    "a trade that the stream did not show yet",
    { streams: [events.slice(0, 2)] },
    "the event stream shows 2 of 3 trades",
  ],
  [
    "a trade that the stream showed twice",
    { streams: [[...events, ...events.slice(2)]] },
    "the event stream shows 3 where trade 4 is due",
  ],
  [
    "a trade that one of two streams showed otherwise",
    { streams: [events, events.with(0, { ...events[0]!, data: { ...events[0]!.data, quantity: 9 } })] },
    "the event stream shows 1 where trade 1 is due",
  ],
  ["a stream that started over", { streams: [[reset(0), ...events]] }, "the event stream was reset"],
  [
    "a trade that a stream left out after it started over as it may",
    { streams: [[reset(1), ...events.slice(2)]], resetsMax: 1 },
    "the event stream shows 3 where trade 2 is due",
  ],
])("the judge sees %s", (_, wrong, fault) => {
  expect(violationsIn({ books, placed: inOrder, streams: [events], ...wrong })).toContain(fault);
});

test("the judge accepts orders in any order that their times allow, refusals that some moment explains, resets that are due", () => {
  const overlapping = [traded(1, 0, 60), traded(2, 0, 60), traded(3, 0, 60)];
  const faults = [
    ...violationsIn({ books, placed: [...overlapping, refused(15, 0, 60)], streams: [events] }),
    ...violationsIn({ books, placed: [...inOrder, refused(15, 25, 35)], streams: [events] }),
  ];
  faults.push(
    ...violationsIn({ books, placed: inOrder, streams: [[reset(1), ...events.slice(1)]], resetsMax: 1 }),
  );
  const ours = /was sent after|held at no moment|event stream|ordered/;
  expect(faults.filter((fault) => ours.test(fault) && !fault.includes("otherwise"))).toEqual([]);
});
