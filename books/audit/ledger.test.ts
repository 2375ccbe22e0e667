import { expect, test } from "bun:test";

import { tradeLike } from "../../services/contract/trade.fixture.ts";
import type { Trade } from "../../services/contract/trade.ts";
import { systemClock } from "../../services/runtime/flow/clock.ts";
import { Findings, type CheckName } from "./checks.ts";
import { difference, LedgerCheck } from "./ledger.ts";
import { DutyCycle, LogCursor } from "./paging.ts";

const dutyCycle = new DutyCycle(0, undefined, systemClock);
const tradesOf = (...numbers: number[]): Trade[] => numbers.map((number) => tradeLike({ number }));

interface Given {
  trades: Trade[];
  ledger: Trade[];
  /** The ledger's last number when the audit began. */
  head: number;
  mayLag?: boolean;
}

/** The text of the check, and its violations by name. */
async function check({ trades, ledger, head, mayLag = false }: Given) {
  const findings = new Findings();
  const read = async (after: number) => ledger.filter(({ number }) => number > after);
  const ledgerCheck = new LedgerCheck(findings, new LogCursor(read, dutyCycle, head), head);
  for (const trade of trades) await ledgerCheck.compare(trade);
  const text = await ledgerCheck.finish(trades.at(-1)?.number ?? 0, mayLag);
  const failed = findings.checks({}).map(({ name, detail }): [CheckName, string] => [name, detail]);
  return { text, failed: Object.fromEntries(failed), rows: ledgerCheck.rows };
}

test.each<[what: string, given: Given, text: string]>([
  ["two empty logs", { trades: [], ledger: [], head: 0 }, "0 rows, equal to the trade log"],
  [
    "a complete ledger",
    { trades: tradesOf(1, 2, 3), ledger: tradesOf(1, 2, 3), head: 3 },
    "3 rows, equal to the trade log",
  ],
  [
    "a ledger that grew during the audit",
    { trades: tradesOf(1, 2), ledger: tradesOf(1, 2, 3), head: 2 },
    "2 rows, equal to the trade log",
  ],
  [
    "a live ledger that lags",
    { trades: tradesOf(1, 2, 3), ledger: tradesOf(1), head: 1, mayLag: true },
    "1 row, equal to the trade log as far as the ledger had got (1 of 3)",
  ],
])("%s: no violation", async (_, given, text) => {
  expect(await check(given)).toMatchObject({ text, failed: {} });
});

test.each<[what: string, given: Given, failed: Partial<Record<CheckName, string>>]>([
  [
    "a ledger at rest that is too short",
    { trades: tradesOf(1, 2, 3), ledger: tradesOf(1), head: 1 },
    {
      ledger: "it ends at 1, the trade log at 3: start the order service, which pulls what is missing",
    },
  ],
  [
    "a missing row",
    { trades: tradesOf(1, 2, 3), ledger: tradesOf(1, 3), head: 3 },
    { ledger: "row 2 is missing", numbers: "ledger row 2 is missing, 3 comes next" },
  ],
  [
    "a row that no trade has",
    { trades: tradesOf(1, 3), ledger: tradesOf(1, 2, 3), head: 3 },
    { ledger: "row 2 is not in the trade log" },
  ],
  [
    "rows after the last trade",
    { trades: tradesOf(1), ledger: tradesOf(1, 2), head: 2, mayLag: true },
    { ledger: "row 2 is not in the trade log" },
  ],
  [
    "a changed row",
    { trades: tradesOf(1), ledger: [tradeLike({ number: 1, quantity: 999 })], head: 1 },
    { ledger: `row 1: quantity is 999, the trade's is ${tradeLike({ number: 1 }).quantity}` },
  ],
])("%s: the violation", async (_, given, failed) => {
  expect((await check(given)).failed).toEqual(failed);
});

test("every row that was read is counted", async () => {
  expect((await check({ trades: tradesOf(1, 3), ledger: tradesOf(1, 2, 3), head: 3 })).rows).toBe(3);
});

const trade = tradeLike({ number: 7, quantity: 3, client: "alice" });

test.each<[keyof Trade, Partial<Trade>, string]>([
  ["quantity", { quantity: 4 }, "row 7: quantity is 4, the trade's is 3"],
  ["name", { name: "Z" }, `row 7: name is Z, the trade's is ${trade.name}`],
  ["client", { client: "mallory" }, "row 7: client is not the trade's"],
  ["order_id", { order_id: "o" }, "row 7: order_id is not the trade's"],
  ["fingerprint", { fingerprint: "f" }, "row 7: fingerprint is not the trade's"],
  ["chain", { chain: "c" }, "row 7: chain is not the trade's"],
])("a ledger row with another %s is reported, without the values that show who traded", (_, change, text) => {
  expect(difference({ ...trade, ...change }, trade)).toBe(text);
});

test("an equal row has no difference", () => {
  expect(difference({ ...trade }, trade)).toBeUndefined();
});
