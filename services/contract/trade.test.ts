import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";

import { tradeLike } from "./trade.fixture.ts";
import { chainOf, genesisOf, orderViewOf, originOf, receiptOf, tradeChain, type Trade } from "./trade.ts";

const sha256 = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");

test("the chain of a known row is what anyone computes by hand", () => {
  const genesis = sha256("0193a5c0-0000-7000-8000-000000000000");
  const fingerprint = "5".repeat(64);
  const row = {
    number: 1,
    order_id: "anonymous\0k-1",
    fingerprint,
    client: "anonymous",
    name: "GameStart",
    type: "buy" as const,
    quantity: 3,
    price_cents: 1599,
    quantity_after: 97,
    stock_version: 2,
    at: 1_700_000_000_000,
  };
  const text =
    `64:${genesis},1:1,13:anonymous\0k-1,64:${fingerprint},9:anonymous,9:GameStart,3:buy,1:3,` +
    "4:1599,2:97,1:2,13:1700000000000,";
  expect(genesisOf("0193a5c0-0000-7000-8000-000000000000")).toBe(genesis);
  expect(tradeChain(genesis, row)).toBe(sha256(text));
});

const changes: Partial<Trade>[] = [
  { number: 2 },
  { order_id: "anonymous\0key-2" },
  { fingerprint: "ac".repeat(32) },
  { client: "another" },
  { name: "B" },
  { type: "sell" },
  { quantity: 4 },
  { price_cents: 1600 },
  { quantity_after: 96 },
  { stock_version: 3 },
  { at: 1_700_000_000_001 },
];

test.each(changes)("changing %j alone changes the chain", (change) => {
  const trade = tradeLike();
  expect(Object.keys(trade)).toEqual(expect.arrayContaining(Object.keys(change)));
  expect(tradeChain("0", { ...trade, ...change })).not.toBe(tradeChain("0", trade));
});

test("every column is in the chain", () => {
  const columns = Object.keys(tradeLike()).filter((column) => column !== "chain");
  expect(changes.flatMap((change) => Object.keys(change))).toEqual(columns);
});

test("the chain depends on all rows before it", () => {
  const trade = tradeLike();
  expect(tradeChain(genesisOf("m"), trade)).not.toBe(tradeChain(genesisOf("n"), trade));
});

// ASCII, as all columns are; short texts of few characters, so that many pairs nearly collide.
const column = fc.oneof(fc.stringMatching(/^[0-2:,]{0,4}$/), fc.nat(120), fc.constant(null));
const rows = fc.array(column, { maxLength: 4 });
const asText = (columns: readonly (string | number | null)[]) =>
  JSON.stringify(columns.map((one) => String(one ?? "")));

test("no two different rows encode alike", () => {
  fc.assert(
    fc.property(rows, rows, (left, right) => {
      const isSame = asText(left) === asText(right);
      return (chainOf("x", left) === chainOf("x", right)) === isSame;
    }),
    {
      numRuns: 3_000,
      examples: [
        [["1:1"], ["1", "1"]],
        [
          ["", "a"],
          ["a", ""],
        ],
        [["0:,"], ["", ""]],
        [["a,1:b"], ["a", "b"]],
      ],
    },
  );
});

test("a column cannot move into the previous chain", () => {
  expect(chainOf("ab", ["c"])).not.toBe(chainOf("a", ["bc"]));
  expect(chainOf("", ["ab"])).not.toBe(chainOf("ab", []));
});

test("a trade is shown with its price in units and its time in words, and without its key or its hashes", () => {
  const trade = tradeLike();
  const shown = {
    name: "A",
    type: "buy" as const,
    quantity: 3,
    price: 15.99,
    at: "2023-11-14T22:13:20.000Z",
  };
  expect(orderViewOf(trade)).toEqual({ number: 1, ...shown });
  expect(receiptOf(trade, trade)).toEqual({ transaction_number: 1, ...shown });
});

test("the origin of a market's log is number 0 and the market's genesis", () => {
  expect(originOf("m")).toEqual({ number: 0, chain: genesisOf("m") });
});
