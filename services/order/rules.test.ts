import { expect, test } from "bun:test";

import type { Decision } from "../contract/order.ts";
import { tradeLike, tradeLog } from "../contract/trade.fixture.ts";
import { genesisOf, type LogHead } from "../contract/trade.ts";
import { continuation, outcomeOf } from "./rules.ts";

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
  expect<unknown>(outcomeOf(decision, () => tradeLike())).toEqual(decision);
});

test("a traded decision becomes its trade, and is no outcome while that is not in hand", () => {
  const decision: Decision = { kind: "traded", number: 4, replayed: true };
  expect(outcomeOf(decision, (number) => log[number - 1])).toEqual({
    kind: "traded",
    trade: log[3]!,
    replayed: true,
  });
  expect(outcomeOf(decision, () => undefined)).toBeUndefined();
});
