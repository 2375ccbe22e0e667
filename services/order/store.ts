import type { Statement, Writer } from "../../db/sqlite/driver.ts";
import { hexOf, tradeOf, tradeValues, type TradeRow } from "../contract/trade-row.ts";
import { genesisOf, type LogHead, type OrderType, type Trade } from "../contract/trade.ts";

/** The market that this ledger follows. */
export interface FollowedMarket {
  market_id: string;
  incarnation: number;
}

export interface LedgerFilter {
  name: string | undefined;
  type: OrderType | undefined;
  /** Whose orders; undefined is everybody's. */
  client?: string | undefined;
}

/** Rows of the ledger that a page may look at in one go: some milliseconds, so that other requests get their turn. */
const windowRows = 20_000;

/** The ledger: an exact copy of the catalog's trade log, in order, without gaps. Each method is one transaction. */
export class LedgerStore {
  readonly #db: Writer;
  readonly #market: Statement<FollowedMarket>;
  readonly #setMarket: Statement<never>;
  readonly #head: Statement<{ number: number; chain: Uint8Array }>;
  readonly #trade: Statement<TradeRow>;
  readonly #window: Statement<TradeRow>;
  readonly #append: Statement<never>;
  /** Kept from call to call: nobody else writes here. Undefined while it is not known. */
  #last: LogHead | undefined;

  constructor(db: Writer) {
    this.#db = db;
    this.#market = db.prepare("SELECT market_id, incarnation FROM meta");
    this.#setMarket = db.prepare(
      "INSERT INTO meta (id, market_id, incarnation) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET incarnation = excluded.incarnation WHERE market_id = excluded.market_id",
    );
    this.#head = db.prepare("SELECT number, chain FROM ledger ORDER BY number DESC LIMIT 1");
    this.#trade = db.prepare("SELECT * FROM ledger WHERE number = ?");
    this.#window = db.prepare(
      "SELECT * FROM ledger WHERE number > ? AND number <= ? AND name = coalesce(?, name) AND type = coalesce(?, type) AND client = coalesce(?, client) ORDER BY number LIMIT ?",
    );
    this.#append = db.prepare(
      "INSERT INTO ledger (number, order_id, fingerprint, client, name, type, quantity, price_cents, quantity_after, stock_version, at, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
  }

  async market(): Promise<FollowedMarket | undefined> {
    return this.#market.get();
  }

  /** Follows this market from now on; a ledger never changes the market it belongs to. */
  async follow({ market_id, incarnation }: FollowedMarket): Promise<void> {
    this.#last = undefined;
    this.#db.immediate(() => {
      this.#setMarket.run(market_id, incarnation);
      if (this.#market.get()?.market_id !== market_id) throw new Error("this ledger follows another market");
    });
  }

  /** The last row's place; number 0 when there is none. */
  async head(): Promise<LogHead> {
    this.#last ??= this.#readHead();
    return this.#last;
  }

  #readHead(): LogHead {
    const last = this.#head.get();
    if (last) return { number: last.number, chain: hexOf(last.chain) };
    const market = this.#market.get();
    return { number: 0, chain: market ? genesisOf(market.market_id) : "" };
  }

  async trade(number: number): Promise<Trade | undefined> {
    const row = this.#trade.get(number);
    return row && tradeOf(row);
  }

  /** Appends rows that continue the ledger, all or none. */
  async append(trades: readonly Trade[]): Promise<void> {
    const last = trades.at(-1);
    if (!last) return;
    this.#last = undefined;
    this.#db.immediate(() => {
      for (const trade of trades) this.#append.run(...tradeValues(trade));
    });
    this.#last = { number: last.number, chain: last.chain };
  }

  /** Matching rows of one window after number `after`, and where that window ended (null: the ledger did). */
  async window(
    after: number,
    limit: number,
    filter: LedgerFilter,
  ): Promise<{ trades: Trade[]; next: number | null }> {
    return this.#db.snapshot(() => {
      const end = Math.min(after + windowRows, Number.MAX_SAFE_INTEGER);
      const rows = this.#window.all(
        after,
        end,
        filter.name ?? null,
        filter.type ?? null,
        filter.client ?? null,
        limit,
      );
      const head = this.#head.get()?.number ?? 0;
      const last = rows.length === limit ? (rows.at(-1)?.number ?? end) : end;
      return { trades: rows.map(tradeOf), next: last < head ? last : null };
    });
  }

  async close(): Promise<void> {
    this.#db.checkpoint();
    this.#db.close();
  }
}
