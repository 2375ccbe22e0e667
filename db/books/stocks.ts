import type { StockState } from "../../services/contract/stock.ts";
import type { Statement } from "../sqlite/driver.ts";
import type { Prepares } from "./prepares.ts";

/** Reads the catalog's stocks. */
export class StockReader {
  readonly #stock: Statement<StockState>;
  readonly #after: Statement<StockState>;

  constructor(db: Prepares) {
    this.#stock = db.prepare("SELECT * FROM stock_states WHERE name = ?");
    this.#after = db.prepare("SELECT * FROM stock_states WHERE name > ? ORDER BY name LIMIT ?");
  }

  stock(name: string): StockState | undefined {
    return this.#stock.get(name) ?? undefined;
  }

  /** By name in byte order, the stocks after `name`; `""`: from the first one. */
  after(name: string, limit: number): StockState[] {
    return this.#after.all(name, limit);
  }
}

/** Changes the catalog's stocks. */
export class StockWriter extends StockReader {
  readonly #open: Statement<never>;
  readonly #trade: Statement<never>;

  constructor(db: Prepares) {
    super(db);
    this.#open = db.prepare(
      "INSERT INTO stocks (name, price_cents, quantity, volume, status, version) VALUES (?, ?, ?, 0, 'open', 1)",
    );
    this.#trade = db.prepare(
      "UPDATE stocks SET quantity = quantity + ?, volume = volume + ?, version = ? WHERE name = ? AND version = ? AND quantity + ? >= 0",
    );
  }

  /** A new stock, open for trading. */
  open({ name, price_cents, quantity }: Pick<StockState, "name" | "price_cents" | "quantity">): void {
    this.#open.run(name, price_cents, quantity);
  }

  /**
   * Writes what trades made of a stock: from `before` to `after`, with `shares` bought and sold in all. Throws when the
   * stock is not as it was `before`, or would be left with a quantity below zero.
   */
  recordTrades(before: StockState, after: StockState, shares: number): void {
    const delta = after.quantity - before.quantity;
    const updated = this.#trade.run(delta, shares, after.version, before.name, before.version, delta);
    if (updated.changes !== 1) throw new Error(`the stock ${before.name} changed under its own transaction`);
  }
}
