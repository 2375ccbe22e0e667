import type { Reader, Statement } from "../../db/sqlite/driver.ts";
import { openReader } from "../../db/sqlite/open.ts";
import type { CatalogReads } from "../contract/catalog.ts";
import { changeOf, type Change, type ChangeRow } from "../contract/change.ts";
import type { StockChange } from "../contract/feed.ts";
import type { CatalogHeads } from "../contract/heads.ts";
import type { Market } from "../contract/market.ts";
import { ok, rejected, type Reply } from "../contract/reply.ts";
import type { StockState } from "../contract/stock.ts";
import { hexOf, tradeOf, type TradeRow } from "../contract/trade-row.ts";
import { genesisOf, type Trade } from "../contract/trade.ts";

/**
 * What the catalog answers from a read-only connection. Each method is one committed snapshot, and waits neither
 * for the writer nor for its fsync (WAL).
 */
export class CatalogStore implements CatalogReads {
  readonly #db: Reader;
  readonly #stock: Statement<StockState>;
  readonly #stocksAfter: Statement<StockState>;
  readonly #tradesAfter: Statement<TradeRow>;
  readonly #changesAfter: Statement<ChangeRow>;
  readonly #stockChangesAfter: Statement<StockState & { number: number; kind: string; at: number }>;
  readonly #overlapsAfter: Statement<{ number: number }>;
  readonly #market: Statement<Market>;
  readonly #lastTrade: Statement<{ number: number; chain: Uint8Array }>;
  readonly #lastChange: Statement<{ number: number; chain: Uint8Array }>;

  /** The database must exist: the writer makes it. */
  constructor(path: string) {
    this.#db = openReader(path);
    this.#stock = this.#db.prepare("SELECT * FROM stock_states WHERE name = ?");
    this.#stocksAfter = this.#db.prepare("SELECT * FROM stock_states WHERE name > ? ORDER BY name LIMIT ?");
    this.#tradesAfter = this.#db.prepare("SELECT * FROM trades WHERE number > ? ORDER BY number LIMIT ?");
    this.#changesAfter = this.#db.prepare("SELECT * FROM changes WHERE number > ? ORDER BY number LIMIT ?");
    this.#stockChangesAfter = this.#db.prepare(
      "SELECT number, kind, at, stock_states.* FROM changes JOIN stock_states USING (name) WHERE number > ? ORDER BY number LIMIT ?",
    );
    this.#overlapsAfter = this.#db.prepare(
      "SELECT number FROM (SELECT number, order_id FROM trades WHERE number > ? ORDER BY number LIMIT ?) AS page WHERE EXISTS (SELECT 1 FROM refusals WHERE refusals.order_id = page.order_id)",
    );
    this.#market = this.#db.prepare("SELECT market_id, incarnation, epoch FROM meta");
    this.#lastTrade = this.#db.prepare("SELECT number, chain FROM trades ORDER BY number DESC LIMIT 1");
    this.#lastChange = this.#db.prepare("SELECT number, chain FROM changes ORDER BY number DESC LIMIT 1");
  }

  async stock(name: string): Promise<Reply<StockState>> {
    const stock = this.#stock.get(name);
    return stock ? ok(stock) : rejected("stock_not_found");
  }

  /** By name, those after `after`. */
  async stocks(after: string, limit: number): Promise<Reply<{ stocks: StockState[] }>> {
    return ok({ stocks: this.#stocksAfter.all(after, limit) });
  }

  /** The trade log from the row after number `after`. */
  async trades(after: number, limit: number): Promise<Reply<{ trades: Trade[] }>> {
    return ok({ trades: this.#tradesAfter.all(after, limit).map(tradeOf) });
  }

  /** The change log from the row after number `after`. */
  async changes(after: number, limit: number): Promise<Reply<{ changes: Change[] }>> {
    return ok({ changes: this.#changesAfter.all(after, limit).map(changeOf) });
  }

  /** Of the trades that `trades(after, limit)` gives: the numbers of those whose order was refused too. None, ever. */
  async overlaps(after: number, limit: number): Promise<Reply<{ numbers: number[] }>> {
    return ok({ numbers: this.#overlapsAfter.all(after, limit).map(({ number }) => number) });
  }

  async heads(): Promise<Reply<CatalogHeads>> {
    return this.#db.snapshot(() => {
      const market = this.#market.get();
      if (!market) throw new Error("the market has not been opened");
      const headOf = (last: { number: number; chain: Uint8Array } | undefined) =>
        last
          ? { number: last.number, chain: hexOf(last.chain) }
          : { number: 0, chain: genesisOf(market.market_id) };
      return ok({ market, trades: headOf(this.#lastTrade.get()), changes: headOf(this.#lastChange.get()) });
    });
  }

  /** The change log from the row after number `after`, each with its stock as it is now. */
  async stockChanges(after: number, limit: number): Promise<Reply<{ changes: StockChange[] }>> {
    const rows = this.#stockChangesAfter.all(after, limit);
    return ok({ changes: rows.map(({ number, kind, at, ...stock }) => ({ number, kind, at, stock })) });
  }

  async close(): Promise<void> {
    this.#db.close();
  }
}
