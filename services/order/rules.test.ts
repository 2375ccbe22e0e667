import { expect, test } from "bun:test";

import { replyOf, type BatchReply } from "../contract/batch-reply.ts";
import { orderLike } from "../contract/order.fixture.ts";
import { fingerprintOf, orderIdOf, type Decision } from "../contract/order.ts";
import { fillOf, tradeLike, tradeLog } from "../contract/trade.fixture.ts";
import { genesisOf, tradeChain, type LogHead, type Trade } from "../contract/trade.ts";
import { continuation, headAfter, outcomeOf, rowsOf } from "./rules.ts";

const log = tradeLog(9);
const rows = (...numbers: number[]) => numbers.map((number) => log[number - 1]!);

const continuations: [head: number, given: number[], fresh: number[] | "gap"][] = [
  [0, [], []],
  [5, [], []],
  [0, [1, 2, 3], [1, 2, 3]],
  [2, [3, 4], [3, 4]],
  [2, [1, 2, 3, 4], [3, 4]],
  [4, [1, 2, 3, 4], []],
  [0, [2, 3], "gap"],
  [2, [4], "gap"],
  [2, [1, 4], "gap"],
  [2, [3, 5], "gap"],
  [2, [4, 3], "gap"],
  [2, [3, 3], "gap"],
];

const headAt = (number: number): LogHead => log[number - 1] ?? { number: 0, chain: genesisOf("m") };

test.each(continuations)("a ledger that ends at %d continues with %j by %j", (head, given, fresh) => {
  const expected = fresh === "gap" ? fresh : rows(...fresh);
  expect(continuation(headAt(head), rows(...given))).toEqual(expected);
});

test("rows of another log never continue a ledger, whatever their numbers", () => {
  const other = tradeLog(9, () => ({ quantity: 4 }));
  expect(continuation(headAt(2), other.slice(2, 5))).toBe("foreign");
  const [third, fourth] = rows(3, 4);
  expect(continuation(headAt(2), [third!, { ...fourth!, quantity: 1 }])).toBe("foreign");
  expect(continuation(headAt(2), other.slice(0, 2))).toEqual([]);
});

const asTheyAre: Decision[] = [
  { kind: "refused", reason: "price_changed", replayed: true },
  { kind: "failed", reason: "idempotency_key_reused" },
];

test.each(asTheyAre)("a decision without a trade is the outcome as it is: %j", (decision) => {
  expect<unknown>(outcomeOf(decision, orderLike(), tradeLike())).toEqual(decision);
});

test("a traded decision becomes its trade's fill, and is no outcome while that is not in hand", () => {
  const decision: Decision = { kind: "traded", number: 4, replayed: true };
  const order = orderLike();
  const trade = { ...log[3]!, order_id: orderIdOf(order) };
  expect(outcomeOf(decision, order, trade)).toEqual({ kind: "traded", fill: fillOf(trade), replayed: true });
  expect(outcomeOf(decision, order, undefined)).toBeUndefined();
  expect(outcomeOf(decision, order, log[3])).toBeUndefined();
});

const orders = Array.from({ length: 4 }, () => orderLike());
const written = orders.reduce<Trade[]>((rows, order, index) => {
  const { client, name, type, quantity } = order;
  const row = tradeLike({
    number: index + 1,
    order_id: orderIdOf(order),
    fingerprint: fingerprintOf(order),
    client,
    name,
    type,
    quantity,
    quantity_after: 100 - index,
    stock_version: index + 2,
    at: 7,
  });
  return [...rows, { ...row, chain: tradeChain(rows.at(-1)?.chain ?? headAt(0).chain, row) }];
}, []);

/** The catalog's reply with these rows, which answer the orders from the second one on. */
const replyTo = (rows: Trade[]): BatchReply =>
  replyOf({
    decisions: rows.map(({ number }): Decision => ({ kind: "traded", number, replayed: false })),
    trades: rows,
    stocks: [],
  });
const second: LogHead = written[0]!;

test("the new rows of a batch come out of its orders as the catalog wrote them", () => {
  expect(rowsOf(second, orders.slice(1), replyTo(written.slice(1)))).toEqual(written.slice(1));
  expect(rowsOf(second, orders, replyTo([]))).toEqual([]);
});

test("an order that traded before, or not at all, makes no row", () => {
  const reply = replyTo(written.slice(1, 3));
  const [first, other] = reply.decisions;
  const decisions = [asTheyAre[0]!, first!, { kind: "traded", number: 1, replayed: true } as const, other!];
  const [refused, known] = [orderLike(), orderLike()];
  expect(rowsOf(second, [refused, orders[1]!, known, orders[2]!], { ...reply, decisions })).toEqual(
    written.slice(1, 3),
  );
});

test("by the catalog's word a log goes to the last of a batch's rows, or stays where it is", () => {
  const { number, chain } = written[3]!;
  expect(headAfter(second, replyTo(written.slice(1)))).toEqual({ number, chain });
  expect(headAfter(second, replyTo([]))).toEqual(second);
  expect(headAfter(headAt(0), replyTo(written.slice(1)))).toBe("gap");
});

test("rows before the new ones that the ledger lacks are a gap", () => {
  expect(rowsOf(headAt(0), orders.slice(1), replyTo(written.slice(1)))).toBe("gap");
});

const falsified: [what: string, reply: (reply: BatchReply) => BatchReply][] = [
  ["another price", (reply) => withFirst(reply, { price_cents: 1 })],
  ["another quantity left", (reply) => withFirst(reply, { quantity_after: 1 })],
  ["another version", (reply) => withFirst(reply, { stock_version: 9 })],
  ["another moment", (reply) => ({ ...reply, at: 8 })],
  ["another chain", (reply) => ({ ...reply, chain: headAt(0).chain })],
  ["no chain", (reply) => ({ ...reply, chain: null })],
  [
    "more decisions than orders",
    (reply) => ({ ...reply, decisions: [...reply.decisions, ...reply.decisions] }),
  ],
];

function withFirst(reply: BatchReply, change: object): BatchReply {
  const [first, ...others] = reply.decisions;
  return { ...reply, decisions: [{ ...first!, ...change }, ...others] };
}

test.each(falsified)("rows that do not come out as the catalog wrote them are foreign: %s", (_, falsify) => {
  expect(rowsOf(second, orders.slice(1), falsify(replyTo(written.slice(1))))).toBe("foreign");
});

test("another order in its place makes its row foreign", () => {
  const others = orders.slice(1).with(1, orderLike({ quantity: 9 }));
  expect(rowsOf(second, others, replyTo(written.slice(1)))).toBe("foreign");
});
