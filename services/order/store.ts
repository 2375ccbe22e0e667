import { FollowedMarketWriter } from "../../db/books/followed-market.ts";
import { LedgerWriter } from "../../db/books/ledger.ts";
import type { Writer } from "../../db/sqlite/driver.ts";
import type { FollowedMarket, Ledger, LedgerFilter, LedgerWindow } from "../contract/ledger.ts";
import type { LogHead, Trade } from "../contract/trade.ts";

/** Rows that one window looks at: some milliseconds, so that other requests run in between. */
const windowRows = 20_000;

/** The ledger in SQLite, over one connection that it takes over. */
export class LedgerStore implements Ledger {
  readonly #db: Writer;
  readonly #market: FollowedMarketWriter;
  readonly #ledger: LedgerWriter;
  /** The head, kept between calls because nobody else writes. Undefined after a write that may have failed. */
  #head: LogHead | undefined;

  constructor(db: Writer) {
    this.#db = db;
    this.#market = new FollowedMarketWriter(db);
    this.#ledger = new LedgerWriter(db);
  }

  async market(): Promise<FollowedMarket | undefined> {
    return this.#market.market();
  }

  async follow(market: FollowedMarket): Promise<void> {
    this.#head = undefined;
    this.#db.immediate(() => this.#market.follow(market));
  }

  async head(): Promise<LogHead> {
    this.#head ??= this.#readHead();
    return this.#head;
  }

  async trade(number: number): Promise<Trade | undefined> {
    return this.#ledger.trade(number);
  }

  async append(trades: readonly Trade[]): Promise<void> {
    const last = trades.at(-1);
    if (!last) return;
    this.#head = undefined;
    this.#db.immediate(() => {
      for (const trade of trades) this.#ledger.append(trade);
    });
    this.#head = { number: last.number, chain: last.chain };
  }

  async window(after: number, limit: number, filter: LedgerFilter): Promise<LedgerWindow> {
    return this.#db.snapshot(() => {
      const end = Math.min(after + windowRows, Number.MAX_SAFE_INTEGER);
      const trades = this.#ledger.between(after, end, filter, limit);
      const last = trades.length === limit ? (trades.at(-1)?.number ?? end) : end;
      return { trades, next: last < this.#ledger.length ? last : null };
    });
  }

  async close(): Promise<void> {
    this.#db.checkpoint();
    this.#db.close();
  }

  #readHead(): LogHead {
    const market = this.#market.market();
    return this.#ledger.head(market?.market_id);
  }
}
