import type { LedgerFilter } from "../../services/contract/ledger.ts";
import type { Trade } from "../../services/contract/trade.ts";
import type { Statement } from "../sqlite/driver.ts";
import type { Prepares } from "./prepares.ts";
import { TRADE_COLUMNS, TRADE_PARAMETERS, tradeOf, tradeValues, type TradeRow } from "./trade-row.ts";
import { TradeTable } from "./trade-table.ts";

/** Reads the order service's ledger. */
export class LedgerReader extends TradeTable {
  readonly #between: Statement<TradeRow>;

  constructor(db: Prepares) {
    super(db, {
      last: "SELECT number, chain FROM ledger ORDER BY number DESC LIMIT 1",
      row: "SELECT * FROM ledger WHERE number = ?",
      chain: "SELECT chain FROM ledger WHERE number = ?",
      after: "SELECT * FROM ledger WHERE number > ? ORDER BY number LIMIT ?",
    });
    this.#between = db.prepare(
      "SELECT * FROM ledger WHERE number > ? AND number <= ? AND name = coalesce(?, name) AND type = coalesce(?, type) AND client = coalesce(?, client) ORDER BY number LIMIT ?",
    );
  }

  /** The first `limit` matching rows with numbers past `after`, up to and with `end`. */
  between(after: number, end: number, filter: LedgerFilter, limit: number): Trade[] {
    const { name = null, type = null, client = null } = filter;
    return this.#between.all(after, end, name, type, client, limit).map(tradeOf);
  }
}

/** Appends to the order service's ledger. */
export class LedgerWriter extends LedgerReader {
  readonly #append: Statement<never>;

  constructor(db: Prepares) {
    super(db);
    this.#append = db.prepare(`INSERT INTO ledger (${TRADE_COLUMNS}) VALUES (${TRADE_PARAMETERS})`);
  }

  append(trade: Trade): void {
    this.#append.run(...tradeValues(trade));
  }
}
