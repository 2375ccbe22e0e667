import type { Change } from "../../services/contract/change.ts";
import type { StockChange } from "../../services/contract/feed.ts";
import type { StockState } from "../../services/contract/stock.ts";
import type { LogHead } from "../../services/contract/trade.ts";
import type { Statement } from "../sqlite/driver.ts";
import type { Prepares } from "./prepares.ts";
import { blobOf, headOf, hexOf, type LastRow } from "./trade-row.ts";

/** A change as the database holds it: its chain is a blob there, and hex in memory and on the wire. */
type ChangeRow = Omit<Change, "chain"> & { chain: Uint8Array };

type StockChangeRow = StockState & Omit<StockChange, "stock">;

/** Reads the catalog's change log. */
export class ChangeLogReader {
  readonly #last: Statement<LastRow>;
  readonly #after: Statement<ChangeRow>;
  readonly #stockChangesAfter: Statement<StockChangeRow>;

  constructor(db: Prepares) {
    this.#last = db.prepare("SELECT number, chain FROM changes ORDER BY number DESC LIMIT 1");
    this.#after = db.prepare("SELECT * FROM changes WHERE number > ? ORDER BY number LIMIT ?");
    this.#stockChangesAfter = db.prepare(
      "SELECT number, kind, at, stock_states.* FROM changes JOIN stock_states USING (name) WHERE number > ? ORDER BY number LIMIT ?",
    );
  }

  /** The head; the market's origin when there is no row. */
  head(marketId: string): LogHead {
    return headOf(this.#last.get(), marketId);
  }

  /** Rows after number `after`, oldest first. */
  after(after: number, limit: number): Change[] {
    return this.#after.all(after, limit).map((row) => ({ ...row, chain: hexOf(row.chain) }));
  }

  /** Rows after number `after`, oldest first, each with its stock's current state. */
  stockChangesAfter(after: number, limit: number): StockChange[] {
    const rows = this.#stockChangesAfter.all(after, limit);
    return rows.map(({ number, kind, at, ...stock }) => ({ number, kind, at, stock }));
  }
}

/** Appends to the catalog's change log. */
export class ChangeLogWriter extends ChangeLogReader {
  readonly #append: Statement<never>;

  constructor(db: Prepares) {
    super(db);
    this.#append = db.prepare(
      "INSERT INTO changes (number, kind, name, price_cents, quantity_delta, status, stock_version, client, key, at, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
  }

  append(change: Change): void {
    this.#append.run(
      change.number,
      change.kind,
      change.name,
      change.price_cents,
      change.quantity_delta,
      change.status,
      change.stock_version,
      change.client,
      change.key,
      change.at,
      blobOf(change.chain),
    );
  }
}
