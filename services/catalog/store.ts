import { CatalogReader } from "../../db/books/catalog-reader.ts";
import type { Reader } from "../../db/sqlite/driver.ts";
import type { CatalogReads } from "../contract/catalog.ts";
import type { Change } from "../contract/change.ts";
import type { StockChange } from "../contract/feed.ts";
import type { CatalogHeads } from "../contract/heads.ts";
import { ok, rejected, type Reply } from "../contract/reply.ts";
import type { StockState } from "../contract/stock.ts";
import type { Trade } from "../contract/trade.ts";

/**
 * The catalog's reads, over a connection of their own: each method is one committed snapshot, and waits neither for the
 * writer nor for its fsync (WAL). Errors of the engine are thrown as StoreFailures.
 */
export class CatalogStore implements CatalogReads {
  readonly #db: Reader;
  readonly #books: CatalogReader;

  /** Takes the connection over: `close` closes it. */
  constructor(db: Reader) {
    this.#db = db;
    this.#books = new CatalogReader(db);
  }

  async stock(name: string): Promise<Reply<StockState>> {
    const stock = this.#books.stocks.stock(name);
    return stock ? ok(stock) : rejected("stock_not_found");
  }

  async stocks(after: string, limit: number): Promise<Reply<{ stocks: StockState[] }>> {
    return ok({ stocks: this.#books.stocks.after(after, limit) });
  }

  async trades(after: number, limit: number): Promise<Reply<{ trades: Trade[] }>> {
    return ok({ trades: this.#books.trades.after(after, limit) });
  }

  async changes(after: number, limit: number): Promise<Reply<{ changes: Change[] }>> {
    return ok({ changes: this.#books.changes.after(after, limit) });
  }

  async stockChanges(after: number, limit: number): Promise<Reply<{ changes: StockChange[] }>> {
    return ok({ changes: this.#books.changes.stockChangesAfter(after, limit) });
  }

  async overlaps(after: number, limit: number): Promise<Reply<{ numbers: number[] }>> {
    return ok({ numbers: this.#books.trades.overlaps(after, limit) });
  }

  async heads(): Promise<Reply<CatalogHeads>> {
    const heads = this.#books.heads();
    if (!heads) throw new Error("the market has not been opened");
    return ok(heads);
  }

  async close(): Promise<void> {
    this.#db.close();
  }
}
