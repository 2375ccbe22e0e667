// Cases over Ledger.
import assert from "node:assert/strict";

import { StoreFailure } from "../../db/store-failure.ts";
import type { LedgerFilter } from "../../services/contract/ledger.ts";
import { tradeLog } from "../../services/contract/trade.fixture.ts";
import { originOf, type Trade } from "../../services/contract/trade.ts";
import type { LedgerUnderTest, StoreCase } from "./harness.ts";

const all: LedgerFilter = { name: undefined, type: undefined };

function ledgerCase(name: string, check: (under: LedgerUnderTest) => Promise<void>): StoreCase {
  return {
    name: `ledger: ${name}`,
    async run(engine) {
      const under = await engine.openLedger();
      try {
        await check(under);
      } finally {
        await under.dispose();
      }
    },
  };
}

/** Every row of a ledger that is shorter than a window. */
async function rowsOf({ ledger }: LedgerUnderTest): Promise<Trade[]> {
  const { trades, next } = await ledger.window(0, 10_000, all);
  assert.equal(next, null);
  return trades.map((row) => ({ ...row }));
}

const headOf = ({ number, chain }: Trade) => ({ number, chain });
const isStoreFailure = (kind: StoreFailure["kind"]) => (error: unknown) =>
  error instanceof StoreFailure && error.kind === kind;

export const ledgerCases: readonly StoreCase[] = [
  ledgerCase(
    "a new ledger follows no market; with one its head is the market's origin",
    async ({ ledger }) => {
      assert.equal(await ledger.market(), undefined);
      assert.deepEqual(await ledger.head(), { number: 0, chain: "" });
      await ledger.follow({ market_id: "m", incarnation: 1 });
      assert.deepEqual(await ledger.head(), originOf("m"));
    },
  ),

  ledgerCase("a ledger takes its market's new incarnation, and never another market", async (under) => {
    await under.ledger.follow({ market_id: "m", incarnation: 1 });
    await under.ledger.follow({ market_id: "m", incarnation: 2 });
    await under.reopen?.();
    await assert.rejects(under.ledger.follow({ market_id: "x", incarnation: 3 }), /another market/);
    assert.deepEqual({ ...(await under.ledger.market()) }, { market_id: "m", incarnation: 2 });
  }),

  ledgerCase("rows come back as they were appended, after reopening too", async (under) => {
    const rows = tradeLog(3, (number) => ({ order_id: `c\0key ${number} ~!`, at: number }));
    await under.ledger.append([]);
    await under.ledger.append(rows);
    await under.reopen?.();
    const [, second, third] = rows;
    assert.ok(second && third);
    assert.deepEqual(await rowsOf(under), rows);
    assert.deepEqual({ ...(await under.ledger.trade(2)) }, second);
    assert.equal(await under.ledger.trade(4), undefined);
    assert.deepEqual(await under.ledger.head(), headOf(third));
  }),

  ledgerCase("an append happens as a whole or not at all", async (under) => {
    const [first, second, third, fourth] = tradeLog(4);
    assert.ok(first && second && third && fourth);
    await under.ledger.append([first, second]);
    for (const wrong of [second, { ...fourth, chain: "ab" }, { ...fourth, type: "short" as "buy" }])
      await assert.rejects(under.ledger.append([third, wrong]), isStoreFailure("constraint"));
    assert.deepEqual(await rowsOf(under), [first, second]);
    assert.deepEqual(await under.ledger.head(), headOf(second));
    await under.ledger.append([third, fourth]);
    assert.deepEqual(await under.ledger.head(), headOf(fourth));
  }),

  ledgerCase(
    "a window gives the rows that match, up to its limit, and where to go on",
    async ({ ledger }) => {
      await ledger.append(
        tradeLog(6, (number) => ({
          name: number % 2 === 0 ? "B" : "A",
          type: number > 3 ? "sell" : "buy",
          client: number === 6 ? "other" : "anonymous",
        })),
      );
      const numbers = async (after: number, limit: number, given: Partial<LedgerFilter>) => {
        const { trades, next } = await ledger.window(after, limit, { ...all, ...given });
        return [trades.map(({ number }) => number), next];
      };
      assert.deepEqual(await numbers(0, 10, {}), [[1, 2, 3, 4, 5, 6], null]);
      assert.deepEqual(await numbers(0, 2, {}), [[1, 2], 2]);
      assert.deepEqual(await numbers(2, 10, { name: "B" }), [[4, 6], null]);
      assert.deepEqual(await numbers(0, 1, { type: "sell" }), [[4], 4]);
      assert.deepEqual(await numbers(0, 10, { client: "other", type: "sell", name: "B" }), [[6], null]);
      assert.deepEqual(await numbers(0, 10, { name: "Nowhere" }), [[], null]);
      for (const after of [6, 99, Number.MAX_SAFE_INTEGER])
        assert.deepEqual(await numbers(after, 10, {}), [[], null]);
    },
  ),

  ledgerCase("a full disk appends nothing, and with room the same rows are appended", async (under) => {
    if (!under.setDiskFull) return;
    const rows = tradeLog(500);
    await under.ledger.append(rows.slice(0, 1));
    under.setDiskFull(true);
    await assert.rejects(under.ledger.append(rows.slice(1)), isStoreFailure("full"));
    assert.deepEqual(await rowsOf(under), rows.slice(0, 1));
    under.setDiskFull(false);
    await under.ledger.append(rows.slice(1));
    assert.deepEqual(await rowsOf(under), rows);
  }),
];
