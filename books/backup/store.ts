import { FollowedMarketReader, FollowedMarketWriter } from "../../db/books/followed-market.ts";
import { LedgerReader, LedgerWriter } from "../../db/books/ledger.ts";
import { firstLedgerDifference } from "../../db/books/ledger-difference.ts";
import { MarketWriter } from "../../db/books/market.ts";
import { RefusalReader } from "../../db/books/refusals.ts";
import { StockWriter } from "../../db/books/stocks.ts";
import { TradeLogWriter } from "../../db/books/trade-log.ts";
import type { Reader, Writer } from "../../db/sqlite/driver.ts";
import { schemaVersion, migrate } from "../../db/sqlite/migrate.ts";
import { openReader, openWriter } from "../../db/sqlite/open.ts";
import { migrations, type DatabaseName } from "../../db/sqlite/schemas.ts";
import { sqliteVersion } from "../../db/sqlite/sqlite-version.ts";
import type { FollowedMarket } from "../../services/contract/ledger.ts";
import type { Market } from "../../services/contract/market.ts";
import type { LogHead, Trade } from "../../services/contract/trade.ts";
import { BackupRefused } from "./refused.ts";
import { whyNotNext } from "./rules.ts";

/** The versions of a database's schema and of the library that reads it. */
export function versionsOf(path: string): { schema: number; sqlite: string } {
  return withReader(path, (db) => ({ schema: schemaVersion(db), sqlite: sqliteVersion(db) }));
}

/** How often the market in this file, catalog or ledger, was restored; 0 when the file holds no market. */
export function incarnationIn(path: string): number {
  return withReader(path, (db) => new FollowedMarketReader(db).market()?.incarnation ?? 0);
}

/**
 * The number of the first ledger row that is not the catalog's, or undefined when the ledger begins as the trade log
 * does.
 */
export function firstDifference(catalogPath: string, ledgerPath: string): number | undefined {
  return withReader(ledgerPath, (db) => firstLedgerDifference(db, catalogPath));
}

/** Moves the WAL of a database into its file. No service may have the database open. */
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
  readonly #market: FollowedMarketReader;
  readonly #ledger: LedgerReader;

  constructor(path: string) {
    this.#db = openReader(path);
    this.#market = new FollowedMarketReader(this.#db);
    this.#ledger = new LedgerReader(this.#db);
  }

  marketId(): string | undefined {
    return this.#market.market()?.market_id;
  }

  head(): LogHead {
    return this.#ledger.head(this.marketId());
  }

  /** The chain of a row, or of the origin for number 0. Undefined when there is no such row. */
  chainAt(number: number): string | undefined {
    return this.#ledger.chainAt(number, this.marketId() ?? "");
  }

  /** Rows after number `after`, oldest first. */
  rows(after: number, limit: number): Trade[] {
    return this.#ledger.after(after, limit);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}

/** A catalog that no service uses yet, migrated to the newest version. Each method is one transaction. */
export class StagedCatalog implements Disposable {
  readonly #db: Writer;
  readonly #market: MarketWriter;
  readonly #trades: TradeLogWriter;
  readonly #stocks: StockWriter;
  readonly #refusals: RefusalReader;

  constructor(path: string) {
    this.#db = openStaged(path, "catalog");
    this.#market = new MarketWriter(this.#db);
    this.#trades = new TradeLogWriter(this.#db);
    this.#stocks = new StockWriter(this.#db);
    this.#refusals = new RefusalReader(this.#db);
  }

  market(): Market {
    const market = this.#market.market();
    if (!market) throw new BackupRefused("catalog.db holds no market yet");
    return market;
  }

  head(): LogHead {
    return this.#trades.head(this.market().market_id);
  }

  /** The chain of a row, or of the origin for number 0. Undefined when there is no such row. */
  chainAt(number: number): string | undefined {
    return this.#trades.chainAt(number, this.market().market_id);
  }

  /** Rows after number `after`, oldest first. */
  trades(after: number, limit: number): Trade[] {
    return this.#trades.after(after, limit);
  }

  /** Repeats the trades of these ledger rows, all or none. Throws BackupRefused for a row that does not fit. */
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
    this.#db.immediate(() => this.#market.setIncarnation(incarnation));
  }

  [Symbol.dispose](): void {
    this.#db.checkpoint();
    this.#db.close();
  }

  #applyOne(head: LogHead, row: Trade): void {
    const before = this.#stocks.stock(row.name);
    const problem = whyNotNext(head, before, row) ?? this.#wasRefused(row);
    if (problem || !before) throw cannotRollForward(problem ?? "a stock is missing");
    const after = { ...before, quantity: row.quantity_after, version: row.stock_version };
    this.#stocks.recordTrades(before, after, row.quantity);
    if (!this.#trades.append(row))
      throw cannotRollForward(`trade ${row.number} is of an order that this catalog has traded already`);
  }

  #wasRefused({ number, order_id }: Trade): string | undefined {
    const isRefused = this.#refusals.known(order_id) !== undefined;
    return isRefused ? `trade ${number} is of an order that this catalog has refused` : undefined;
  }
}

/** A ledger that no service uses yet, migrated to the newest version. Each method is one transaction. */
export class StagedLedger implements Disposable {
  readonly #db: Writer;
  readonly #market: FollowedMarketWriter;
  readonly #ledger: LedgerWriter;

  constructor(path: string) {
    this.#db = openStaged(path, "order");
    this.#market = new FollowedMarketWriter(this.#db);
    this.#ledger = new LedgerWriter(this.#db);
  }

  /** The last row's number; 0 when there is no row. */
  get length(): number {
    return this.#ledger.length;
  }

  /** Appends rows that continue the ledger, all or none. */
  append(trades: readonly Trade[]): void {
    this.#db.immediate(() => {
      for (const trade of trades) this.#ledger.append(trade);
    });
  }

  follow(market: FollowedMarket): void {
    this.#db.immediate(() => this.#market.follow(market));
  }

  [Symbol.dispose](): void {
    this.#db.checkpoint();
    this.#db.close();
  }
}

function cannotRollForward(problem: string): BackupRefused {
  return new BackupRefused(`the catalog cannot be rolled forward: ${problem}`);
}

function openStaged(path: string, name: DatabaseName): Writer {
  const db = openWriter(path, { synchronous: "NORMAL" });
  migrate(db, migrations[name]);
  return db;
}

function withReader<T>(path: string, read: (db: Reader) => T): T {
  const db = openReader(path);
  try {
    return read(db);
  } finally {
    db.close();
  }
}
