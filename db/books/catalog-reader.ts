import type { CatalogHeads } from "../../services/contract/heads.ts";
import type { Reader } from "../sqlite/driver.ts";
import { ChangeLogReader } from "./change-log.ts";
import { MarketReader } from "./market.ts";
import { StockReader } from "./stocks.ts";
import { TradeLogReader } from "./trade-log.ts";

/** Everything that is read of a catalog, over one connection, which stays its owner's to close. */
export class CatalogReader {
  readonly market: MarketReader;
  readonly stocks: StockReader;
  readonly trades: TradeLogReader;
  readonly changes: ChangeLogReader;
  readonly #db: Reader;

  constructor(db: Reader) {
    this.#db = db;
    this.market = new MarketReader(db);
    this.stocks = new StockReader(db);
    this.trades = new TradeLogReader(db);
    this.changes = new ChangeLogReader(db);
  }

  /** The market and the heads of its logs, of one snapshot. Undefined before the market is opened. */
  heads(): CatalogHeads | undefined {
    return this.#db.snapshot(() => {
      const market = this.market.market();
      if (!market) return undefined;
      const { market_id } = market;
      return { market, trades: this.trades.head(market_id), changes: this.changes.head(market_id) };
    });
  }
}
