import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { makeMarketFiles, type MarketFiles } from "../books/audit/market-files.fixture.ts";
import type { CheckName } from "../books/audit/checks.ts";
import { runAudit, type AuditReport } from "../books/audit/run.ts";
import { FileSource } from "../books/audit/store.ts";

/** One set of true books, and every way to falsify a copy of them by hand, each with the checks that see it. */
let books: MarketFiles;
beforeAll(async () => {
  books = await makeMarketFiles();
});
afterAll(() => books[Symbol.dispose]());

async function audit(folder: string): Promise<AuditReport> {
  const source = new FileSource(folder);
  try {
    return await runAudit(source);
  } finally {
    source.close();
  }
}

const failing = (report: AuditReport): CheckName[] =>
  report.checks.filter(({ ok }) => !ok).map(({ name }) => name);

const inBoth = (sql: string) => (copy: MarketFiles) => {
  copy.change("catalog", sql);
  copy.change("order", sql.replace(/\btrades\b/g, "ledger"));
};
const inCatalog = (sql: string) => (copy: MarketFiles) => copy.change("catalog", sql);
const inLedger = (sql: string) => (copy: MarketFiles) => copy.change("order", sql);
const inTurn =
  (...steps: ((copy: MarketFiles) => void)[]) =>
  (copy: MarketFiles) => {
    for (const step of steps) step(copy);
  };

const flipChain = "chain = unhex(substr(hex(chain), 1, 62) || iif(hex(chain) LIKE '%00', '01', '00'))";
const deleteLast = "DELETE FROM trades WHERE number = (SELECT max(number) FROM trades)";
/** Reverses the last trade in its stock, as if there had been no trade. */
const undoLast = `UPDATE stocks
  SET quantity = stocks.quantity + iif(t.type = 'buy', t.quantity, -t.quantity),
    volume = stocks.volume - t.quantity, version = stocks.version - 1
  FROM (SELECT * FROM trades ORDER BY number DESC LIMIT 1) AS t WHERE stocks.name = t.name`;
const renumber =
  "UPDATE trades SET number = -(number - 1) WHERE number > 100; UPDATE trades SET number = -number WHERE number < 0";
const swap =
  "UPDATE trades SET number = 9999 WHERE number = 100; UPDATE trades SET number = 100 WHERE number = 101; UPDATE trades SET number = 101 WHERE number = 9999";

interface Tampering {
  what: string;
  tamper: (copy: MarketFiles) => void;
  seenBy: CheckName[];
  /** The report's message about the first of them. */
  detail?: RegExp;
}

const tamperings: Tampering[] = [
  {
    what: "a share is added to a stock",
    tamper: inCatalog("UPDATE stocks SET quantity = quantity + 1 WHERE name = 'A'"),
    seenBy: ["conservation"],
    detail: /^A: quantity is \d+ at version \d+, its log gives \d+$/,
  },
  {
    what: "a stock is taken below zero",
    // Not by integrity: SQLite looks at no CHECK through a read-only connection.
    tamper: inCatalog("UPDATE stocks SET quantity = -1 WHERE name = 'D'"),
    seenBy: ["conservation"],
  },
  {
    what: "a stock's volume is lowered",
    tamper: inCatalog("UPDATE stocks SET volume = volume - 1 WHERE name = 'B'"),
    seenBy: ["conservation"],
  },
  {
    what: "a stock's price is changed without a change",
    tamper: inCatalog("UPDATE stocks SET price_cents = 1 WHERE name = 'A'"),
    seenBy: ["replay"],
    detail: /^A: price_cents is 1 at version \d+, its log gives 1599$/,
  },
  {
    what: "a stock is halted without a change",
    tamper: inCatalog("UPDATE stocks SET status = 'halted' WHERE name = 'A'"),
    seenBy: ["replay"],
  },
  {
    what: "a stock's version is raised",
    tamper: inCatalog("UPDATE stocks SET version = version + 1 WHERE name = 'A'"),
    seenBy: ["versions"],
  },
  {
    what: "a stock is put back, whole, to where it was one trade ago",
    tamper: inCatalog(undoLast),
    seenBy: ["versions"],
  },
  {
    what: "a stock is deleted",
    tamper: inCatalog("DELETE FROM stocks WHERE name = 'A'"),
    seenBy: ["conservation"],
    detail: /^A: is in the logs, but not among the stocks$/,
  },
  {
    what: "a stock is added without an opening",
    tamper: inCatalog("INSERT INTO stocks VALUES ('E', 100, 5, 0, 'open', 1)"),
    seenBy: ["replay"],
  },
  {
    what: "an opening is changed",
    tamper: inCatalog("UPDATE changes SET quantity_delta = quantity_delta + 1 WHERE number = 1"),
    seenBy: ["conservation", "replay", "change_chain"],
  },
  {
    what: "an admin change is deleted",
    tamper: inCatalog("DELETE FROM changes WHERE kind = 'price' AND number < 10"),
    seenBy: ["versions", "replay", "change_chain"],
  },
  {
    what: "one byte of a change's chain",
    tamper: inCatalog(`UPDATE changes SET ${flipChain} WHERE number = 7`),
    seenBy: ["change_chain"],
    detail: /^change 7: its chain does not follow from the row before it$/,
  },
  {
    what: "one byte of a trade's chain, in the catalog",
    tamper: inCatalog(`UPDATE trades SET ${flipChain} WHERE number = 100`),
    seenBy: ["ledger", "trade_chain"],
  },
  {
    what: "one byte of a trade's chain, in both files",
    tamper: inBoth(`UPDATE trades SET ${flipChain} WHERE number = 100`),
    seenBy: ["trade_chain"],
  },
  {
    what: "a trade's price",
    tamper: inBoth("UPDATE trades SET price_cents = 1 WHERE number = 100"),
    seenBy: ["replay", "trade_chain"],
    detail: /^trade 100: price_cents is 1, in force was \d+$/,
  },
  {
    what: "a trade's price, with every chain forged",
    tamper: inTurn(inBoth("UPDATE trades SET price_cents = 1 WHERE number = 100"), (copy) =>
      copy.forgeChains(),
    ),
    seenBy: ["replay"],
  },
  {
    what: "a trade's quantity_after",
    tamper: inBoth("UPDATE trades SET quantity_after = quantity_after + 1 WHERE number = 100"),
    seenBy: ["replay", "trade_chain"],
    detail: /^trade 100: quantity_after is \d+, replay gives \d+$/,
  },
  {
    what: "a trade's quantity, with every chain forged",
    tamper: inTurn(inBoth("UPDATE trades SET quantity = quantity + 1 WHERE number = 100"), (copy) =>
      copy.forgeChains(),
    ),
    seenBy: ["conservation", "replay"],
  },
  {
    what: "a trade's client",
    tamper: inBoth("UPDATE trades SET client = 'someone' WHERE number = 100"),
    seenBy: ["trade_chain"],
    detail: /^trade 100: its chain does not follow from the row before it$/,
  },
  {
    what: "a trade's time",
    tamper: inBoth("UPDATE trades SET at = at + 1 WHERE number = 100"),
    seenBy: ["trade_chain"],
  },
  {
    what: "a trade's version",
    tamper: inBoth("UPDATE trades SET stock_version = stock_version + 1 WHERE number = 3"),
    seenBy: ["versions", "trade_chain"],
  },
  {
    what: "a gap in the numbers",
    tamper: inBoth("UPDATE trades SET number = number + 1 WHERE number = (SELECT max(number) FROM trades)"),
    seenBy: ["numbers", "trade_chain"],
    detail: /^trade 263 is missing, 264 comes next$/,
  },
  {
    what: "a trade is deleted",
    tamper: inBoth("DELETE FROM trades WHERE number = 100"),
    seenBy: ["numbers", "conservation", "versions", "replay", "trade_chain"],
  },
  {
    what: "a trade is deleted and those after it are renumbered",
    tamper: inTurn(inBoth("DELETE FROM trades WHERE number = 100"), inBoth(renumber)),
    seenBy: ["conservation", "versions", "replay", "trade_chain"],
  },
  {
    what: "two rows change places",
    tamper: inBoth(swap),
    seenBy: ["versions", "replay", "trade_chain"],
  },
  {
    what: "a trade that was refused",
    tamper: inCatalog(
      "INSERT INTO refusals SELECT order_id, fingerprint, 'price_changed', at FROM trades WHERE number = 100",
    ),
    seenBy: ["outcomes"],
    detail: /^trade 100: its order is among the refusals too$/,
  },
  {
    what: "a ledger row's quantity",
    tamper: inLedger("UPDATE ledger SET quantity = quantity + 1 WHERE number = 100"),
    seenBy: ["ledger"],
    detail: /^row 100: quantity is \d+, the trade's is \d+$/,
  },
  {
    what: "a ledger row of another order",
    tamper: inLedger("UPDATE ledger SET order_id = x'616e6f6e796d6f757300' WHERE number = 100"),
    seenBy: ["ledger"],
    detail: /^row 100: order_id is not the trade's$/,
  },
  {
    what: "a ledger row is deleted",
    tamper: inLedger("DELETE FROM ledger WHERE number = 100"),
    seenBy: ["numbers", "ledger"],
  },
  {
    what: "the ledger's last row is deleted: a legal prefix while a market runs, a difference at rest",
    tamper: inLedger(deleteLast.replaceAll("trades", "ledger")),
    seenBy: ["ledger"],
    detail: /^it ends at 262, the trade log at 263/,
  },
  {
    what: "the ledger is empty",
    tamper: inLedger("DELETE FROM ledger"),
    seenBy: ["ledger"],
  },
  {
    what: "the last trade is deleted from the catalog, its stock put back",
    tamper: inTurn(inCatalog(undoLast), inCatalog(deleteLast)),
    seenBy: ["ledger"],
    detail: /^row 263 is not in the trade log$/,
  },
  {
    what: "a number that no service writes",
    tamper: inCatalog("UPDATE stocks SET quantity = 9007199254740993 WHERE name = 'A'"),
    seenBy: [
      "numbers",
      "conservation",
      "versions",
      "replay",
      "ledger",
      "outcomes",
      "trade_chain",
      "change_chain",
      "integrity",
    ],
  },
];

describe("an audit of the files", () => {
  test("finds true books true, and says how much it looked at", async () => {
    const report = await audit(books.folder);
    expect(report).toMatchObject({ ok: true });
    expect(report.checks.map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
      "numbers: 263 trades and 263 ledger rows, each from 1 without a gap",
      "conservation: 4 stocks: opening + changes + sells − buys = quantity",
      "versions: 4 stocks, 283 versions",
      "replay: 263 trades, 20 changes",
      "ledger: 263 rows, equal to the trade log",
      "outcomes: 263 trades, none of an order that was refused",
      "trade_chain: 263 links",
      "change_chain: 20 links",
      "integrity: catalog.db and order.db",
    ]);
  });

  test.each(tamperings.map((row) => [row.what, row] as const))(
    "sees %s",
    async (_, { tamper, seenBy, detail }) => {
      using copy = books.copy();
      tamper(copy);
      const report = await audit(copy.folder);
      expect(failing(report)).toEqual(seenBy);
      expect(report.ok).toBe(false);
      if (detail) expect(report.checks.find(({ ok }) => !ok)?.detail).toMatch(detail);
    },
  );

  /** The page of catalog.db that holds a trade's order id: in the table (13 is a leaf of one) or in its index (10). */
  function spoil(
    copy: MarketFiles,
    leaf: 13 | 10,
    change: (file: Buffer, page: number, at: number) => void,
  ): void {
    const path = join(copy.folder, "catalog.db");
    const file = readFileSync(path);
    let found = 0;
    for (let at = file.indexOf("round-17-0"); at >= 0; at = file.indexOf("round-17-0", at + 1)) {
      const page = at - (at % 4096);
      if (file[page] !== leaf) continue;
      found += 1;
      change(file, page, at);
    }
    expect(found).toBeGreaterThan(0);
    writeFileSync(path, file);
  }

  test("sees a byte of an index that has rotted on the disk", async () => {
    using copy = books.copy();
    spoil(copy, 10, (file, _, at) => void file.write("X", at));
    const report = await audit(copy.folder);
    expect(failing(report)).toEqual(["integrity"]);
    expect(report.checks.at(-1)?.detail).toStartWith("catalog.db: ");
  });

  test("sees a page that cannot be read any more, and claims nothing that it could not look at", async () => {
    using copy = books.copy();
    spoil(copy, 13, (file, page) => void file.fill(0xff, page, page + 4096));
    const report = await audit(copy.folder);
    expect(report.checks.filter(({ ok }) => ok)).toEqual([]);
    expect(report.checks[0]?.detail).toBe(
      "not carried out to the end: catalog.db cannot be read: database disk image is malformed",
    );
  });

  test("takes a ledger that is behind for what it is while a market runs: a prefix, equal so far", async () => {
    class RunningFiles extends FileSource {
      override readonly ledgerMayLag = true;
    }
    using copy = books.copy();
    inLedger("DELETE FROM ledger WHERE number > 250")(copy);
    const source = new RunningFiles(copy.folder);
    const report = await runAudit(source);
    expect(failing(report)).toEqual([]);
    expect(report.checks.find(({ name }) => name === "ledger")?.detail).toBe(
      "250 rows, equal to the trade log as far as the ledger had got (250 of 263)",
    );
    inLedger("UPDATE ledger SET at = 1 WHERE number = 250")(copy);
    expect(failing(await runAudit(source))).toEqual(["ledger"]);
    source.close();
  });

  // The chain ties each row to those before it, not to those after: only someone who has kept a later number and
  // chain (a backup, a client with a receipt) can show that the books had more rows.
  test("does not see a last trade that is gone from both files, with its stock put back", async () => {
    using copy = books.copy();
    inCatalog(undoLast)(copy);
    inBoth(deleteLast)(copy);
    expect(failing(await audit(copy.folder))).toEqual([]);
  });

  test("does not see a column that no other column depends on, changed with every chain forged", async () => {
    using copy = books.copy();
    inBoth("UPDATE trades SET client = 'someone' WHERE number = 100")(copy);
    copy.forgeChains();
    expect(failing(await audit(copy.folder))).toEqual([]);
  });
});
