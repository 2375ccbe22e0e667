import type { CatalogReads } from "../services/contract/catalog.ts";
import type { Reply } from "../services/contract/reply.ts";
import type { StockState } from "../services/contract/stock.ts";

/** The data of a reply. Throws when the call did not succeed. */
export function dataOf<T>(reply: Reply<T>): T {
  if (reply.ok) return reply.data;
  throw new Error(reply.arrived === "yes" ? reply.reason : `no reply, arrived: ${reply.arrived}`);
}

/** A catalog's committed state without replies around it, for tests that expect every read to succeed. */
export function committed(reads: CatalogReads) {
  return {
    async stock(name: string): Promise<StockState | undefined> {
      const reply = await reads.stock(name);
      return reply.ok ? reply.data : undefined;
    },
    stocks: async (after: string, limit: number) => dataOf(await reads.stocks(after, limit)).stocks,
    trades: async (after: number, limit: number) => dataOf(await reads.trades(after, limit)).trades,
    changes: async (after: number, limit: number) => dataOf(await reads.changes(after, limit)).changes,
    overlaps: async (after: number, limit: number) => dataOf(await reads.overlaps(after, limit)).numbers,
    stockChanges: async (after: number, limit: number) =>
      dataOf(await reads.stockChanges(after, limit)).changes,
    heads: async () => dataOf(await reads.heads()),
  };
}
