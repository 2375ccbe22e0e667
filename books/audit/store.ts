import { join } from "node:path";

import { CatalogReader } from "../../db/books/catalog-reader.ts";
import { FollowedMarketReader } from "../../db/books/followed-market.ts";
import { LedgerReader } from "../../db/books/ledger.ts";
import type { Reader } from "../../db/sqlite/driver.ts";
import { DatabaseOpenError } from "../../db/sqlite/errors.ts";
import { integrityProblems } from "../../db/sqlite/integrity.ts";
import { openReader } from "../../db/sqlite/open.ts";
import { StoreFailure } from "../../db/store-failure.ts";
import type { Change } from "../../services/contract/change.ts";
import type { CatalogHeads, LedgerHead } from "../../services/contract/heads.ts";
import type { StockState } from "../../services/contract/stock.ts";
import type { Trade } from "../../services/contract/trade.ts";
import { AuditImpossible, BooksUnreadable, type AuditSource } from "./source.ts";

/** The books of one file, and the connection that reads them. */
interface OpenFile<Books> {
  db: Reader;
  books: Books;
}

interface LedgerBooks {
  market: FollowedMarketReader;
  ledger: LedgerReader;
}

/**
 * The two files of a data folder, read-only; services may be writing them. Each method is one short snapshot, except for
 * `integrity`, which reads a whole file in one.
 */
export class FileSource implements AuditSource {
  readonly title = "catalog.db and order.db";
  readonly ledgerMayLag: boolean = false;
  readonly restFactor = 0;
  readonly #catalog: OpenFile<CatalogReader>;
  readonly #order: OpenFile<LedgerBooks>;

  /** Throws AuditImpossible when the folder does not hold a market's two files. */
  constructor(folder: string) {
    this.#catalog = openFile(folder, "catalog.db", (db) => new CatalogReader(db));
    try {
      this.#order = openFile(folder, "order.db", (db) => ({
        market: new FollowedMarketReader(db),
        ledger: new LedgerReader(db),
      }));
    } catch (error) {
      this.#catalog.db.close();
      throw error;
    }
  }

  async heads(): Promise<CatalogHeads> {
    const heads = readOrThrow("catalog.db", () => this.#catalog.books.heads());
    if (!heads) throw new AuditImpossible("catalog.db holds no market yet");
    return heads;
  }

  async ledgerHead(): Promise<LedgerHead> {
    const { db, books } = this.#order;
    return readOrThrow("order.db", () =>
      db.snapshot(() => {
        const market = books.market.market();
        return { market: market ?? null, ledger: books.ledger.head(market?.market_id) };
      }),
    );
  }

  async stocks(after: string, limit: number): Promise<StockState[]> {
    return readOrThrow("catalog.db", () => this.#catalog.books.stocks.after(after, limit));
  }

  async trades(after: number, limit: number): Promise<Trade[]> {
    return readOrThrow("catalog.db", () => this.#catalog.books.trades.after(after, limit));
  }

  async changes(after: number, limit: number): Promise<Change[]> {
    return readOrThrow("catalog.db", () => this.#catalog.books.changes.after(after, limit));
  }

  async overlaps(after: number, limit: number): Promise<number[]> {
    return readOrThrow("catalog.db", () => this.#catalog.books.trades.overlaps(after, limit));
  }

  async ledger(after: number, limit: number): Promise<Trade[]> {
    return readOrThrow("order.db", () => this.#order.books.ledger.after(after, limit));
  }

  async integrity(): Promise<string[]> {
    const problems = (file: string, db: Reader) =>
      readOrThrow(file, () => integrityProblems(db)).map((problem) => `${file}: ${problem}`);
    return [...problems("catalog.db", this.#catalog.db), ...problems("order.db", this.#order.db)];
  }

  close(): void {
    this.#catalog.db.close();
    this.#order.db.close();
  }
}

function openFile<Books>(folder: string, name: string, prepare: (db: Reader) => Books): OpenFile<Books> {
  let db: Reader | undefined;
  try {
    db = openReader(join(folder, name));
    return { db, books: prepare(db) };
  } catch (error) {
    db?.close();
    if (error instanceof DatabaseOpenError) throw new AuditImpossible(error.message, { cause: error });
    if (!(error instanceof StoreFailure)) throw error;
    throw new AuditImpossible(`${name} in ${folder} is not a market's: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** A damaged page, or a number that no service would have written, is a finding for the report. */
function readOrThrow<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isUnreadable =
      error instanceof StoreFailure && (error.kind === "damaged" || error.kind === "in_doubt");
    if (!isUnreadable && !(error instanceof RangeError)) throw error;
    throw new BooksUnreadable(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
