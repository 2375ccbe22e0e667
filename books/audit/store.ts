import { join } from "node:path";

import type { Reader, Statement } from "../../db/sqlite/driver.ts";
import { DatabaseOpenError, sqliteCode } from "../../db/sqlite/errors.ts";
import { openReader } from "../../db/sqlite/open.ts";
import { changeOf, type Change, type ChangeRow } from "../../services/contract/change.ts";
import type { CatalogHeads, LedgerHead } from "../../services/contract/heads.ts";
import type { Market } from "../../services/contract/market.ts";
import type { StockState } from "../../services/contract/stock.ts";
import { hexOf, tradeOf, type TradeRow } from "../../services/contract/trade-row.ts";
import { genesisOf, type LogHead, type Trade } from "../../services/contract/trade.ts";
import { AuditImpossible, BooksUnreadable, type AuditSource } from "./source.ts";

interface LastRow {
  number: number;
  chain: Uint8Array;
}

/**
 * The two files of a data folder, read-only; services may be at work on them. Each method is one short snapshot, but
 * for `integrity`, which reads a whole file at one.
 */
export class FileSource implements AuditSource {
  readonly title = "catalog.db and order.db";
  readonly ledgerMayLag: boolean = false;
  readonly pace = 0;
  readonly #catalog: CatalogFile;
  readonly #order: OrderFile;

  /** Throws AuditImpossible when the folder does not hold a market's two files. */
  constructor(folder: string) {
    this.#catalog = openFile(folder, "catalog.db", (db) => new CatalogFile(db));
    try {
      this.#order = openFile(folder, "order.db", (db) => new OrderFile(db));
    } catch (error) {
      this.#catalog.db.close();
      throw error;
    }
  }

  async heads(): Promise<CatalogHeads> {
    return reading("catalog.db", () => this.#catalog.heads());
  }

  async ledgerHead(): Promise<LedgerHead> {
    return reading("order.db", () => this.#order.head());
  }

  async stocks(after: string, limit: number): Promise<StockState[]> {
    return reading("catalog.db", () => this.#catalog.stocks.all(after, limit));
  }

  async trades(after: number, limit: number): Promise<Trade[]> {
    return reading("catalog.db", () => this.#catalog.trades.all(after, limit).map(tradeOf));
  }

  async changes(after: number, limit: number): Promise<Change[]> {
    return reading("catalog.db", () => this.#catalog.changes.all(after, limit).map(changeOf));
  }

  async overlaps(after: number, limit: number): Promise<number[]> {
    return reading("catalog.db", () => this.#catalog.overlaps.all(after, limit).map(({ number }) => number));
  }

  async ledger(after: number, limit: number): Promise<Trade[]> {
    return reading("order.db", () => this.#order.ledger.all(after, limit).map(tradeOf));
  }

  async integrity(): Promise<string[]> {
    const problems = (file: string, db: Reader) =>
      reading(file, () => db.prepare<{ integrity_check: string }>("PRAGMA integrity_check").all())
        .filter((row) => row.integrity_check !== "ok")
        .map((row) => `${file}: ${row.integrity_check.replaceAll("\n", " ")}`);
    return [...problems("catalog.db", this.#catalog.db), ...problems("order.db", this.#order.db)];
  }

  close(): void {
    this.#catalog.db.close();
    this.#order.db.close();
  }
}

class CatalogFile {
  readonly db: Reader;
  readonly stocks: Statement<StockState>;
  readonly trades: Statement<TradeRow>;
  readonly changes: Statement<ChangeRow>;
  readonly overlaps: Statement<{ number: number }>;
  readonly #market: Statement<Market>;
  readonly #lastTrade: Statement<LastRow>;
  readonly #lastChange: Statement<LastRow>;

  constructor(db: Reader) {
    this.db = db;
    this.stocks = db.prepare("SELECT * FROM stock_states WHERE name > ? ORDER BY name LIMIT ?");
    this.trades = db.prepare("SELECT * FROM trades WHERE number > ? ORDER BY number LIMIT ?");
    this.changes = db.prepare("SELECT * FROM changes WHERE number > ? ORDER BY number LIMIT ?");
    this.overlaps = db.prepare(
      "SELECT number FROM (SELECT number, order_id FROM trades WHERE number > ? ORDER BY number LIMIT ?) AS page WHERE EXISTS (SELECT 1 FROM refusals WHERE refusals.order_id = page.order_id)",
    );
    this.#market = db.prepare("SELECT market_id, incarnation, epoch FROM meta");
    this.#lastTrade = db.prepare("SELECT number, chain FROM trades ORDER BY number DESC LIMIT 1");
    this.#lastChange = db.prepare("SELECT number, chain FROM changes ORDER BY number DESC LIMIT 1");
  }

  heads(): CatalogHeads {
    return this.db.snapshot(() => {
      const market = this.#market.get();
      if (!market) throw new AuditImpossible("catalog.db holds no market yet");
      const trades = headOf(this.#lastTrade.get(), market.market_id);
      return { market, trades, changes: headOf(this.#lastChange.get(), market.market_id) };
    });
  }
}

class OrderFile {
  readonly db: Reader;
  readonly ledger: Statement<TradeRow>;
  readonly #market: Statement<{ market_id: string; incarnation: number }>;
  readonly #last: Statement<LastRow>;

  constructor(db: Reader) {
    this.db = db;
    this.ledger = db.prepare("SELECT * FROM ledger WHERE number > ? ORDER BY number LIMIT ?");
    this.#market = db.prepare("SELECT market_id, incarnation FROM meta");
    this.#last = db.prepare("SELECT number, chain FROM ledger ORDER BY number DESC LIMIT 1");
  }

  head(): LedgerHead {
    return this.db.snapshot(() => {
      const market = this.#market.get() ?? null;
      return { market, ledger: headOf(this.#last.get(), market?.market_id ?? "") };
    });
  }
}

function headOf(last: LastRow | undefined, marketId: string): LogHead {
  return last ? { number: last.number, chain: hexOf(last.chain) } : { number: 0, chain: genesisOf(marketId) };
}

function openFile<File>(folder: string, name: string, prepare: (db: Reader) => File): File {
  let db: Reader | undefined;
  try {
    db = openReader(join(folder, name));
    return prepare(db);
  } catch (error) {
    db?.close();
    if (error instanceof DatabaseOpenError) throw new AuditImpossible(error.message, { cause: error });
    if (sqliteCode(error) === undefined) throw error;
    throw new AuditImpossible(`${name} in ${folder} is not a market's: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** A page that is broken, or a number that no service would have written, is for the report. */
function reading<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = sqliteCode(error);
    const isBroken = code === "SQLITE_CORRUPT" || code === "SQLITE_NOTADB" || code === "SQLITE_IOERR";
    if (!isBroken && !(error instanceof RangeError)) throw error;
    throw new BooksUnreadable(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
