import { CatalogReader } from "../../db/books/catalog-reader.ts";
import type { Reader } from "../../db/sqlite/driver.ts";
import type { CatalogReads } from "../contract/catalog.ts";
import { ok, rejected } from "../contract/reply.ts";

export interface CatalogStore extends CatalogReads {
  close(): Promise<void>;
}

/**
 * The catalog's reads, over a connection of their own, which `close` closes: each method is one committed snapshot, and
 * waits neither for the writer nor for its fsync (WAL). Errors of the engine are thrown as StoreFailures.
 */
export function catalogStore(db: Reader): CatalogStore {
  const books = new CatalogReader(db);
  return {
    async stock(name) {
      const stock = books.stocks.stock(name);
      return stock ? ok(stock) : rejected("stock_not_found");
    },
    stocks: async (after, limit) => ok({ stocks: books.stocks.after(after, limit) }),
    trades: async (after, limit) => ok({ trades: books.trades.after(after, limit) }),
    changes: async (after, limit) => ok({ changes: books.changes.after(after, limit) }),
    stockChanges: async (after, limit) => ok({ changes: books.changes.stockChangesAfter(after, limit) }),
    overlaps: async (after, limit) => ok({ numbers: books.trades.overlaps(after, limit) }),
    async heads() {
      const heads = books.heads();
      if (!heads) throw new Error("the market has not been opened");
      return ok(heads);
    },
    async close() {
      db.close();
    },
  };
}
