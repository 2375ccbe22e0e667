import type { Trade } from "../../services/contract/trade.ts";
import type { Statement } from "../sqlite/driver.ts";
import type { Prepares } from "./prepares.ts";
import {
  hexOf,
  orderIdBlob,
  TRADE_COLUMNS,
  TRADE_PARAMETERS,
  tradeValues,
  type TradeRow,
} from "./trade-row.ts";
import { TradeTable } from "./trade-table.ts";

/** Of the trade that an order id has: its number, and the fingerprint of the order that was traded. */
export type KnownTrade = Pick<Trade, "number" | "fingerprint">;

/** Reads the catalog's trade log. */
export class TradeLogReader extends TradeTable {
  readonly #known: Statement<Pick<TradeRow, "number" | "fingerprint">>;
  readonly #overlaps: Statement<{ number: number }>;

  constructor(db: Prepares) {
    super(db, {
      last: "SELECT number, chain FROM trades ORDER BY number DESC LIMIT 1",
      row: "SELECT * FROM trades WHERE number = ?",
      chain: "SELECT chain FROM trades WHERE number = ?",
      after: "SELECT * FROM trades WHERE number > ? ORDER BY number LIMIT ?",
    });
    this.#known = db.prepare("SELECT number, fingerprint FROM trades WHERE order_id = ?");
    this.#overlaps = db.prepare(
      "SELECT number FROM (SELECT number, order_id FROM trades WHERE number > ? ORDER BY number LIMIT ?) AS page WHERE EXISTS (SELECT 1 FROM refusals WHERE refusals.order_id = page.order_id)",
    );
  }

  known(orderId: string): KnownTrade | undefined {
    const row = this.#known.get(orderIdBlob(orderId));
    return row ? { number: row.number, fingerprint: hexOf(row.fingerprint) } : undefined;
  }

  /** Of the rows that `after(after, limit)` gives: the numbers of those whose order was also refused. */
  overlaps(after: number, limit: number): number[] {
    return this.#overlaps.all(after, limit).map(({ number }) => number);
  }
}

/** Appends to the catalog's trade log. */
export class TradeLogWriter extends TradeLogReader {
  readonly #append: Statement<never>;

  constructor(db: Prepares) {
    super(db);
    this.#append = db.prepare(
      `INSERT INTO trades (${TRADE_COLUMNS}) VALUES (${TRADE_PARAMETERS}) ON CONFLICT (order_id) DO NOTHING`,
    );
  }

  /** False, with nothing written, when the log already has a trade of this order id. */
  append(trade: Trade): boolean {
    return this.#append.run(...tradeValues(trade)).changes === 1;
  }
}
