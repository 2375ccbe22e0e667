import { describe, expect, test } from "bun:test";

import type { Change } from "../../services/contract/change.ts";
import { limits } from "../../services/contract/limits.ts";
import type { StockState } from "../../services/contract/stock.ts";
import { tradeLike } from "../../services/contract/trade.fixture.ts";
import type { Trade } from "../../services/contract/trade.ts";
import { Findings, type CheckName } from "./checks.ts";
import { Replay } from "./replay.ts";
import { StockNames } from "./stock-names.ts";
import { StockTable } from "./stock-table.ts";

function changeLike(given: Partial<Change> = {}): Change {
  return {
    number: 1,
    kind: "opening",
    name: "A",
    price_cents: null,
    quantity_delta: null,
    status: null,
    stock_version: 1,
    client: null,
    key: null,
    at: 1_000,
    chain: "",
    ...given,
  };
}

const opening = changeLike({ price_cents: 1599, quantity_delta: 100, status: "open" });
const opened: StockState = {
  name: "A",
  price_cents: 1599,
  quantity: 100,
  volume: 0,
  status: "open",
  version: 1,
};
const bought: StockState = { ...opened, quantity: 97, volume: 3, version: 2 };

function replayOf(findings: Findings, seen: readonly StockState[]): Replay {
  const names = new StockNames();
  const table = new StockTable(names);
  for (const stock of seen) table.set(stock);
  return new Replay(findings, names, table);
}

/** What a replay of these rows, in order, finds when the catalog showed `seen`. Without `seen` it is not asked. */
function violations(rows: (Change | Trade)[], seen?: StockState[]): Partial<Record<CheckName, string>> {
  const findings = new Findings();
  const replay = replayOf(findings, seen ?? []);
  for (const row of rows)
    if ("kind" in row) replay.applyChange(row);
    else replay.applyTrade(row);
  if (seen) {
    replay.expectNoneBehind();
    replay.expectAllReached();
  }
  return Object.fromEntries(findings.checks({}).map(({ name, detail }) => [name, detail]));
}

const buy = (given: Partial<Trade> = {}) =>
  tradeLike({ name: "A", quantity: 3, quantity_after: 97, ...given });
const later = (given: Partial<Change>) => changeLike({ number: 2, stock_version: 2, ...given });
const halt = later({ kind: "halt", status: "halted" });
const price = later({ kind: "price", price_cents: 1700 });
const restock = later({ kind: "restock", quantity_delta: 50 });

describe("a replay", () => {
  test.each([
    ["an opening", [opening], opened],
    ["a buy", [opening, buy()], bought],
    ["a sell", [opening, buy({ type: "sell", quantity_after: 103 })], { ...bought, quantity: 103 }],
    [
      "a price",
      [opening, price, buy({ price_cents: 1700, stock_version: 3 })],
      { ...bought, price_cents: 1700, version: 3 },
    ],
    [
      "a restock",
      [opening, restock, buy({ quantity_after: 147, stock_version: 3 })],
      { ...bought, quantity: 147, version: 3 },
    ],
    ["a halt", [opening, buy(), { ...halt, stock_version: 3 }], { ...bought, status: "halted", version: 3 }],
    [
      "a trade between a halt and its end",
      [opening, halt, later({ kind: "resume", status: "open", stock_version: 3 }), buy({ stock_version: 4 })],
      { ...bought, version: 4 },
    ],
  ] as [string, (Change | Trade)[], StockState][])("gives the state after %s", (_, rows, state) => {
    expect(violations(rows, [state])).toEqual({});
  });

  test.each([
    [
      "quantity_after",
      [opening, buy({ quantity_after: 96 })],
      { replay: "trade 1: quantity_after is 96, replay gives 97" },
    ],
    [
      "a price that was not in force",
      [opening, buy({ price_cents: 1 })],
      { replay: "trade 1: price_cents is 1, in force was 1599" },
    ],
    [
      "a trade on a halted stock",
      [opening, halt, buy({ stock_version: 3 })],
      { replay: "trade 1: A was halted" },
    ],
    ["a trade of a stock that never opened", [buy()], { replay: "trade 1: A has no opening before it" }],
    ["a change of a stock that never opened", [price], { replay: "change 2: A has no opening before it" }],
    ["a second opening", [opening, { ...opening, number: 2 }], { replay: "change 2: A was opened before" }],
    [
      "an opening that is not version 1",
      [{ ...opening, stock_version: 2 }],
      { versions: "change 1: stock_version is 2, A was at 0 before it" },
    ],
    [
      "a version left out",
      [opening, buy({ stock_version: 3 })],
      { versions: "trade 1: stock_version is 3, A was at 1 before it" },
    ],
    [
      "a version given twice",
      [opening, { ...price, stock_version: 1 }],
      { versions: "change 2: stock_version is 1, A was at 1 before it" },
    ],
    [
      "a buy of more than there was",
      [opening, buy({ quantity: 101, quantity_after: -1 })],
      { conservation: "trade 1: leaves -1 of A" },
    ],
    [
      "a restock past the limit",
      [opening, { ...restock, quantity_delta: limits.total }],
      { conservation: `change 2: leaves ${limits.total + 100} of A` },
    ],
  ] as [string, (Change | Trade)[], Partial<Record<CheckName, string>>][])("sees %s", (_, rows, found) => {
    expect(violations(rows)).toEqual(found);
  });

  test.each([
    ["quantity", { quantity: 98 }, { conservation: "A: quantity is 98 at version 2, its log gives 97" }],
    ["volume", { volume: 4 }, { conservation: "A: volume is 4 at version 2, its log gives 3" }],
    ["price", { price_cents: 2 }, { replay: "A: price_cents is 2 at version 2, its log gives 1599" }],
    ["status", { status: "halted" }, { replay: "A: status is halted at version 2, its log gives open" }],
    ["version, ahead of its log", { version: 3 }, { versions: "A: version is 3, its log counts 2 changes" }],
    ["whole state, put back by a trade", opened, { versions: "A: version is 1, its log counts 2 changes" }],
  ] as [string, Partial<StockState>, Partial<Record<CheckName, string>>][])(
    "compares the stock's %s",
    (_, given, found) => {
      expect(violations([opening, buy()], [{ ...bought, ...given }])).toEqual(found);
    },
  );

  test("sees a stock without a log, and a log without a stock", () => {
    expect(violations([opening], [{ ...opened, name: "B" }])).toEqual({
      conservation: "A: is in the logs, but not among the stocks",
      replay: "B: has no opening in the change log",
    });
  });

  test("compares a stock at the version at which it was seen, not at the last", () => {
    const findings = new Findings();
    const replay = replayOf(findings, [bought]);
    replay.applyChange(opening);
    replay.applyTrade(buy());
    replay.expectNoneBehind();
    replay.applyTrade(buy({ number: 2, quantity_after: 94, stock_version: 3 }));
    replay.expectAllReached();
    expect(findings.checks({})).toEqual([]);
  });

  test("names the first violation of a check and goes on", () => {
    const wrong = [buy({ quantity_after: 1 }), buy({ number: 2, quantity_after: 2, stock_version: 3 })];
    expect(violations([opening, ...wrong])).toEqual({
      replay: "trade 1: quantity_after is 1, replay gives 97",
    });
  });

  test("asks for the change log as long as a trade's stock has not come to the version before it", () => {
    const replay = replayOf(new Findings(), []);
    const trade = buy({ stock_version: 3 });
    expect(replay.needsChange(trade)).toBe(true);
    replay.applyChange(opening);
    expect([
      replay.needsChange(trade),
      replay.isDue(halt),
      replay.isDue({ ...halt, stock_version: 3 }),
    ]).toEqual([true, true, false]);
    replay.applyChange(halt);
    expect(replay.needsChange(trade)).toBe(false);
  });

  test("lets volume stop at 2^53 − 1, as the catalog shows it", () => {
    const seen = { ...opened, quantity: 100, version: 3, volume: Number.MAX_SAFE_INTEGER };
    const huge = Number.MAX_SAFE_INTEGER - 1;
    const rows = [
      opening,
      buy({ quantity: huge, quantity_after: 100 - huge }),
      buy({ number: 2, type: "sell", quantity: huge, quantity_after: 100, stock_version: 3 }),
    ];
    expect(violations(rows, [seen])).toEqual({ conservation: `trade 1: leaves ${100 - huge} of A` });
  });
});
