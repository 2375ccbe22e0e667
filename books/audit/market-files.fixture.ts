import { cpSync } from "node:fs";
import { join } from "node:path";

import { claimDatabase } from "../../db/sqlite/claim.ts";
import type { Writer } from "../../db/sqlite/driver.ts";
import { openWriter } from "../../db/sqlite/open.ts";
import { CatalogWriter } from "../../services/catalog/writer/store.ts";
import { changeChain, type Change } from "../../services/contract/change.ts";
import { orderLike } from "../../services/contract/order.fixture.ts";
import type { Order } from "../../services/contract/order.ts";
import { blobOf, hexOf, tradeOf, type TradeRow } from "../../db/books/trade-row.ts";
import { genesisOf, tradeChain, type LogHead } from "../../services/contract/trade.ts";
import { LedgerStore } from "../../services/order/store.ts";
import { dataOf } from "../../testing/committed.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";

/** Stocks A to D, at these prices and quantities when the market opens. */
export const openings = [
  { name: "A", priceCents: 1599, quantity: 100 },
  { name: "B", priceCents: 250, quantity: 1_000 },
  { name: "C", priceCents: 100, quantity: 0 },
  { name: "D", priceCents: 2000, quantity: 40 },
];

/**
 * The two files of a market, as its services leave them: some hundred trades of four stocks, refusals of every kind,
 * and admin changes between them (halts, prices, restocks).
 */
export class MarketFiles implements Disposable {
  readonly #folder = temporaryFolder();

  get folder(): string {
    return this.#folder.path;
  }

  /** Falsifies one of the files. */
  change(file: "catalog" | "order", sql: string): void {
    this.write(file, (db) => db.exec(sql));
  }

  write(file: "catalog" | "order", work: (db: Writer) => void): void {
    const db = openWriter(join(this.folder, `${file}.db`), { synchronous: "NORMAL" });
    try {
      db.exec("PRAGMA foreign_keys = OFF");
      db.exec("PRAGMA ignore_check_constraints = ON");
      work(db);
      db.checkpoint();
    } finally {
      db.close();
    }
  }

  /** Recomputes the chain of every trade in both files, so that no chain shows a changed row. */
  forgeChains(): void {
    for (const [file, table] of [["catalog", "trades"] as const, ["order", "ledger"] as const])
      this.write(file, (db) => {
        let chain = genesisOf("m");
        const set = db.prepare<never>(`UPDATE ${table} SET chain = ? WHERE number = ?`);
        for (const row of db.prepare<TradeRow>(`SELECT * FROM ${table} ORDER BY number`).all()) {
          chain = tradeChain(chain, tradeOf(row));
          set.run(blobOf(chain), row.number);
        }
      });
  }

  copy(): MarketFiles {
    const copy = new MarketFiles();
    for (const file of ["catalog.db", "order.db"]) cpSync(join(this.folder, file), join(copy.folder, file));
    return copy;
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

/** Trades `rounds` rounds of 8 orders. */
export async function makeMarketFiles(rounds = 40): Promise<MarketFiles> {
  const books = new MarketFiles();
  const catalog = claimDatabase(books.folder, "catalog", "NORMAL");
  const order = claimDatabase(books.folder, "order", "NORMAL");
  const writer = new CatalogWriter(catalog.writer);
  const ledger = new LedgerStore(order.writer);
  writer.open("m", () => openings, 1_000);
  await ledger.follow({ market_id: "m", incarnation: 1 });

  for (let round = 0; round < rounds; round += 1) {
    await decide(writer, ledger, ordersOf(round), 2_000 + round);
    const change = changeOfRound(round);
    if (change) insertChange(catalog.writer, { ...change, at: 2_000 + round });
  }
  writer.checkpoint();
  writer.close();
  await ledger.close();
  catalog.lock.release();
  order.lock.release();
  return books;
}

async function decide(writer: CatalogWriter, ledger: LedgerStore, orders: Order[], at: number) {
  const head: LogHead = await ledger.head();
  const request = { market_id: "m", incarnation: 1, epoch: 0, ledger: head, orders };
  await ledger.append(dataOf(writer.decide(request, at)).trades);
}

function ordersOf(round: number): Order[] {
  const key = (index: number) => `round-${round}-${index}`;
  const given: Partial<Order>[] = [
    { name: "A", quantity: 1 + (round % 3) },
    { name: "A", type: "sell", quantity: 2 },
    { name: "B", quantity: 5 },
    { name: "C", type: round % 4 === 0 ? "buy" : "sell", quantity: 3 },
    { name: "B", type: "sell", quantity: 1 + round },
    { name: "D", quantity: 2, expected_price_cents: round % 5 === 0 ? 1 : null },
    { name: "Nowhere" },
    { name: "D", type: "sell", quantity: 1 },
  ];
  return given.map((one, index) => orderLike({ ...one, key: key(index) }));
}

type AdminChange = Omit<Change, "number" | "stock_version" | "client" | "key" | "at" | "chain">;

function changeOfRound(round: number): AdminChange | undefined {
  const nothing = { price_cents: null, quantity_delta: null, status: null };
  if (round % 10 === 2) return { ...nothing, kind: "price", name: "B", price_cents: 250 + round };
  if (round % 10 === 4) return { ...nothing, kind: "halt", name: "C", status: "halted" };
  if (round % 10 === 5) return { ...nothing, kind: "restock", name: "D", quantity_delta: 20 };
  if (round % 10 === 6) return { ...nothing, kind: "resume", name: "C", status: "open" };
  return undefined;
}

/** One admin change as the catalog writes it: the stock and its log row together. */
function insertChange(db: Writer, change: AdminChange & { at: number }): void {
  db.immediate(() => {
    const last = db
      .prepare<{ number: number; chain: Uint8Array }>(
        "SELECT number, chain FROM changes ORDER BY number DESC",
      )
      .get();
    const stock = db
      .prepare<{ version: number }>(
        "UPDATE stocks SET price_cents = coalesce(?, price_cents), quantity = quantity + ?, status = coalesce(?, status), version = version + 1 WHERE name = ? RETURNING version",
      )
      .get(change.price_cents, change.quantity_delta ?? 0, change.status, change.name);
    if (!last || !stock) throw new Error(`there is no stock ${change.name}`);
    const { kind, name, price_cents, quantity_delta, status, at } = change;
    const row = { number: last.number + 1, kind, name, price_cents, quantity_delta, status };
    const whole = { ...row, stock_version: stock.version, client: "admin", key: `change-${at}`, at };
    db.prepare(
      "INSERT INTO changes (number, kind, name, price_cents, quantity_delta, status, stock_version, client, key, at, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ).run(...Object.values(whole), blobOf(changeChain(hexOf(last.chain), whole)));
  });
}
