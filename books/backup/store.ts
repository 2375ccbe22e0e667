import type { Reader, Statement, Writer } from "../../db/sqlite/driver.ts";
import { schemaVersion, migrate } from "../../db/sqlite/migrate.ts";
import { openReader, openWriter } from "../../db/sqlite/open.ts";
import { migrations, type DatabaseName } from "../../db/sqlite/schemas.ts";
import { sqliteVersion } from "../../db/sqlite/sqlite-version.ts";
import type { Market } from "../../services/contract/market.ts";
import type { StockState } from "../../services/contract/stock.ts";
import {
  hexOf,
  orderIdBlob,
  tradeOf,
  tradeValues,
  type TradeRow,
} from "../../services/contract/trade-row.ts";
import { genesisOf, type LogHead, type Trade } from "../../services/contract/trade.ts";
import { BackupRefused } from "./refused.ts";
import { misfit } from "./rules.ts";

interface LastRow {
  number: number;
  chain: Uint8Array;
}

type Followed = Pick<Market, "market_id" | "incarnation">;

/** The versions of a database's schema and of the library that reads it. */
export function versionsOf(path: string): { schema: number; sqlite: string } {
  return reading(path, (db) => ({ schema: schemaVersion(db), sqlite: sqliteVersion(db) }));
}

/** How often the market in this file, catalog or ledger, was restored; 0 when it holds none. */
export function incarnationIn(path: string): number {
  return reading(
    path,
    (db) => db.prepare<Followed>("SELECT market_id, incarnation FROM meta").get()?.incarnation ?? 0,
  );
}

/** The number of the first ledger row that is not the catalog's, or undefined when the ledger begins as the trade log does. */
export function firstDifference(catalogPath: string, ledgerPath: string): number | undefined {
  return reading(ledgerPath, (db) => {
    db.prepare("ATTACH ? AS market").run(catalogPath);
    const differing = db.prepare<{ number: number }>(
      `SELECT row.number FROM ledger AS row LEFT JOIN market.trades AS trade USING (number)
       WHERE (row.order_id, row.fingerprint, row.client, row.name, row.type, row.quantity, row.price_cents, row.quantity_after, row.stock_version, row.at, row.chain)
         IS NOT (trade.order_id, trade.fingerprint, trade.client, trade.name, trade.type, trade.quantity, trade.price_cents, trade.quantity_after, trade.stock_version, trade.at, trade.chain)
       ORDER BY row.number LIMIT 1`,
    );
    const missing = db.prepare<{ number: number }>(
      "SELECT number + 1 AS number FROM ledger WHERE number < (SELECT max(number) FROM ledger) AND number + 1 NOT IN (SELECT number FROM ledger) ORDER BY number LIMIT 1",
    );
    return (differing.get() ?? missing.get())?.number;
  });
}

/** Moves the WAL of a database at rest into its file. */
export function checkpointFile(path: string): void {
  const db = openWriter(path, { synchronous: "FULL" });
  try {
    if (!db.checkpoint()) throw new BackupRefused(`${path} is being read by another program: try again`);
  } finally {
    db.close();
  }
}

/** A ledger that is only read. */
export class LedgerFile implements Disposable {
  readonly #db: Reader;
  readonly #market: Statement<Followed>;
  readonly #last: Statement<LastRow>;
  readonly #row: Statement<TradeRow>;
  readonly #rows: Statement<TradeRow>;

  constructor(path: string) {
    this.#db = openReader(path);
    this.#market = this.#db.prepare("SELECT market_id, incarnation FROM meta");
    this.#last = this.#db.prepare("SELECT number, chain FROM ledger ORDER BY number DESC LIMIT 1");
    this.#row = this.#db.prepare("SELECT * FROM ledger WHERE number = ?");
    this.#rows = this.#db.prepare("SELECT * FROM ledger WHERE number > ? ORDER BY number LIMIT ?");
  }

  marketId(): string | undefined {
    return this.#market.get()?.market_id;
  }

  head(): LogHead {
    return headOf(this.#last.get(), this.marketId() ?? "");
  }

  /** The chain at a place of the log; 0 is the place before the first row. */
  chainAt(number: number): string | undefined {
    if (number === 0) return genesisOf(this.marketId() ?? "");
    const row = this.#row.get(number);
    return row && hexOf(row.chain);
  }

  /** Rows after number `after`, oldest first. */
  rows(after: number, limit: number): Trade[] {
    return this.#rows.all(after, limit).map(tradeOf);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}

/** A catalog that nobody uses yet, brought to the newest version. Each method is one transaction. */
export class StagedCatalog implements Disposable {
  readonly #db: Writer;
  readonly #market: Statement<Market>;
  readonly #last: Statement<LastRow>;
  readonly #trade: Statement<TradeRow>;
  readonly #trades: Statement<TradeRow>;
  readonly #stock: Statement<StockState>;
  readonly #refusal: Statement<{ reason: string }>;
  readonly #update: Statement<never>;
  readonly #insert: Statement<never>;

  constructor(path: string) {
    this.#db = openStaged(path, "catalog");
    this.#market = this.#db.prepare("SELECT market_id, incarnation, epoch FROM meta");
    this.#last = this.#db.prepare("SELECT number, chain FROM trades ORDER BY number DESC LIMIT 1");
    this.#trade = this.#db.prepare("SELECT * FROM trades WHERE number = ?");
    this.#trades = this.#db.prepare("SELECT * FROM trades WHERE number > ? ORDER BY number LIMIT ?");
    this.#stock = this.#db.prepare("SELECT * FROM stock_states WHERE name = ?");
    this.#refusal = this.#db.prepare("SELECT reason FROM refusals WHERE order_id = ?");
    this.#update = this.#db.prepare(
      "UPDATE stocks SET quantity = ?, volume = volume + ?, version = ? WHERE name = ?",
    );
    this.#insert = this.#db.prepare(
      "INSERT INTO trades (number, order_id, fingerprint, client, name, type, quantity, price_cents, quantity_after, stock_version, at, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
  }

  market(): Market {
    const market = this.#market.get();
    if (!market) throw new BackupRefused("catalog.db holds no market yet");
    return market;
  }

  head(): LogHead {
    return headOf(this.#last.get(), this.market().market_id);
  }

  /** The chain at a place of the log; 0 is the place before the first row. */
  chainAt(number: number): string | undefined {
    if (number === 0) return genesisOf(this.market().market_id);
    const row = this.#trade.get(number);
    return row && hexOf(row.chain);
  }

  /** Rows after number `after`, oldest first. */
  trades(after: number, limit: number): Trade[] {
    return this.#trades.all(after, limit).map(tradeOf);
  }

  /** Does again what these ledger rows say was done, all or none. Throws BackupRefused for a row that does not fit. */
  apply(rows: readonly Trade[]): void {
    this.#db.immediate(() => {
      let head = this.head();
      for (const row of rows) {
        this.#applyOne(head, row);
        head = row;
      }
    });
  }

  beginIncarnation(incarnation: number): void {
    this.#db.immediate(() => {
      this.#db.prepare("UPDATE meta SET incarnation = ?").run(incarnation);
    });
  }

  [Symbol.dispose](): void {
    this.#db.checkpoint();
    this.#db.close();
  }

  #applyOne(head: LogHead, row: Trade): void {
    const problem = misfit(head, this.#stock.get(row.name), row) ?? this.#wasRefused(row);
    if (problem) throw new BackupRefused(`the catalog cannot be rolled forward: ${problem}`);
    this.#update.run(row.quantity_after, row.quantity, row.stock_version, row.name);
    this.#insert.run(...tradeValues(row));
  }

  #wasRefused({ number, order_id }: Trade): string | undefined {
    const isRefused = this.#refusal.get(orderIdBlob(order_id)) !== undefined;
    return isRefused ? `trade ${number} is of an order that this catalog has refused` : undefined;
  }
}

/** A ledger that nobody uses yet, brought to the newest version. Each method is one transaction. */
export class StagedLedger implements Disposable {
  readonly #db: Writer;
  readonly #last: Statement<{ number: number }>;
  readonly #insert: Statement<never>;

  constructor(path: string) {
    this.#db = openStaged(path, "order");
    this.#last = this.#db.prepare("SELECT number FROM ledger ORDER BY number DESC LIMIT 1");
    this.#insert = this.#db.prepare(
      "INSERT INTO ledger (number, order_id, fingerprint, client, name, type, quantity, price_cents, quantity_after, stock_version, at, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
  }

  get length(): number {
    return this.#last.get()?.number ?? 0;
  }

  /** Rows that continue it, all or none. */
  append(trades: readonly Trade[]): void {
    this.#db.immediate(() => {
      for (const trade of trades) this.#insert.run(...tradeValues(trade));
    });
  }

  follow({ market_id, incarnation }: Followed): void {
    this.#db.immediate(() => {
      this.#db
        .prepare(
          "INSERT INTO meta (id, market_id, incarnation) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET incarnation = excluded.incarnation",
        )
        .run(market_id, incarnation);
    });
  }

  [Symbol.dispose](): void {
    this.#db.checkpoint();
    this.#db.close();
  }
}

function openStaged(path: string, name: DatabaseName): Writer {
  const db = openWriter(path, { synchronous: "NORMAL" });
  migrate(db, migrations[name]);
  return db;
}

function headOf(last: LastRow | undefined, marketId: string): LogHead {
  return last ? { number: last.number, chain: hexOf(last.chain) } : { number: 0, chain: genesisOf(marketId) };
}

function reading<T>(path: string, read: (db: Reader) => T): T {
  const db = openReader(path);
  try {
    return read(db);
  } finally {
    db.close();
  }
}
