import { ChangeLogWriter } from "../../../db/books/change-log.ts";
import { MarketWriter } from "../../../db/books/market.ts";
import { RefusalWriter } from "../../../db/books/refusals.ts";
import { StockWriter } from "../../../db/books/stocks.ts";
import { TradeLogWriter } from "../../../db/books/trade-log.ts";
import type { Writer } from "../../../db/sqlite/driver.ts";
import type { Decided } from "../../contract/batch-reply.ts";
import { changeChain, type Change } from "../../contract/change.ts";
import type { InternalReason } from "../../contract/errors.ts";
import type { EpochRequest, Market } from "../../contract/market.ts";
import type { BatchRequest, Decision } from "../../contract/order.ts";
import { ok, rejected, type Reply } from "../../contract/reply.ts";
import { originOf } from "../../contract/trade.ts";
import type { OpeningStock } from "../opening.ts";
import { decideOrders, knownOutcome } from "./decide-orders.ts";

/**
 * The one writer of the catalog. Each public method is one immediate transaction: it happens whole and is on the disk
 * when the method returns, or it throws and nothing happened (except for a StoreFailure `in_doubt`: then it is not
 * known what was written).
 */
export class CatalogWriter {
  readonly #db: Writer;
  readonly #market: MarketWriter;
  readonly #trades: TradeLogWriter;
  readonly #refusals: RefusalWriter;
  readonly #stocks: StockWriter;
  readonly #changes: ChangeLogWriter;

  /** Takes the connection over: `close` closes it. */
  constructor(db: Writer) {
    this.#db = db;
    this.#market = new MarketWriter(db);
    this.#trades = new TradeLogWriter(db);
    this.#refusals = new RefusalWriter(db);
    this.#stocks = new StockWriter(db);
    this.#changes = new ChangeLogWriter(db);
  }

  /**
   * On an empty database only: opens the market and writes every stock's opening. `at` is milliseconds since 1970.
   * Returns how many stocks it opened: 0 when there is a market already.
   */
  open(marketId: string, opening: () => OpeningStock[], at: number): number {
    return this.#db.immediate(() => {
      if (this.#market.market()) return 0;
      const stocks = opening();
      this.#market.open(marketId);
      let head = originOf(marketId);
      for (const stock of stocks) {
        const change = openingChange(head, stock, at);
        this.#stocks.open({ name: stock.name, price_cents: stock.priceCents, quantity: stock.quantity });
        this.#changes.append(change);
        head = change;
      }
      return stocks.length;
    });
  }

  /**
   * Replaces the epoch that the request names by the next one, so that every older order service is fenced.
   * Errors: stale_epoch, ledger_mismatch, ledger_ahead.
   */
  acquireEpoch(request: EpochRequest): Reply<Market> {
    return this.#db.immediate(() => {
      const market = this.#openMarket();
      const mismatch = this.#mismatch(market, request);
      if (mismatch) return rejected(mismatch);
      if (request.epoch !== market.epoch) return rejected("stale_epoch");
      const next = { ...market, epoch: market.epoch + 1 };
      this.#market.setEpoch(next.epoch);
      return ok(next);
    });
  }

  /**
   * Decides a batch of orders, in order; the commit is the decision. Throws, with nothing written, when one of the
   * orders cannot be written; the caller then decides them one by one. `at` is milliseconds since 1970.
   * Errors: stale_epoch, ledger_mismatch, ledger_ahead.
   */
  decide(request: BatchRequest, at: number): Reply<Decided> {
    return this.#db.immediate(() => {
      const market = this.#openMarket();
      // Epochs count within an incarnation.
      if (request.incarnation !== market.incarnation) return rejected("ledger_mismatch");
      if (request.epoch < market.epoch) return rejected("stale_epoch");
      const mismatch = this.#mismatch(market, request);
      if (mismatch) return rejected(mismatch);
      // The epoch was granted by a newer catalog, which this older copy of it has replaced.
      if (request.epoch > market.epoch) return rejected("ledger_mismatch");

      const books = { trades: this.#trades, refusals: this.#refusals, stocks: this.#stocks };
      const head = this.#trades.head(market.market_id);
      return ok(decideOrders(books, head, request.orders, at));
    });
  }

  /** The outcomes that orders already have; orders without one fail for `reason`. Writes nothing. */
  recall(request: BatchRequest, reason: "storage_full"): Reply<Decided> {
    const books = { trades: this.#trades, refusals: this.#refusals };
    const decisions = request.orders.map(
      (order): Decision => knownOutcome(books, order) ?? { kind: "failed", reason },
    );
    return ok({ decisions, trades: [], stocks: [] });
  }

  checkpoint(): void {
    this.#db.checkpoint();
  }

  close(): void {
    this.#db.close();
  }

  #openMarket(): Market {
    const market = this.#market.market();
    if (!market) throw new Error("the market has not been opened");
    return market;
  }

  /** Why a ledger is not a prefix of this catalog's trade log; undefined when it is. */
  #mismatch(
    { market_id }: Market,
    request: Pick<EpochRequest, "market_id" | "ledger">,
  ): InternalReason | undefined {
    const { ledger } = request;
    if (request.market_id === null && ledger.number === 0) return undefined;
    if (request.market_id !== market_id) return "ledger_mismatch";
    if (ledger.number > this.#trades.length) return "ledger_ahead";
    return this.#trades.chainAt(ledger.number, market_id) === ledger.chain ? undefined : "ledger_mismatch";
  }
}

function openingChange(
  previous: { number: number; chain: string },
  { name, priceCents, quantity }: OpeningStock,
  at: number,
): Change {
  const change = {
    number: previous.number + 1,
    kind: "opening" as const,
    name,
    price_cents: priceCents,
    quantity_delta: quantity,
    status: "open" as const,
    stock_version: 1,
    client: null,
    key: null,
    at,
  };
  return { ...change, chain: changeChain(previous.chain, change) };
}
