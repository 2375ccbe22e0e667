import type { Statement, Writer } from "../../../db/sqlite/driver.ts";
import type { Decided } from "../../contract/batch-reply.ts";
import { changeChain } from "../../contract/change.ts";
import type { InternalReason } from "../../contract/errors.ts";
import type { EpochRequest, Market } from "../../contract/market.ts";
import {
  fingerprintOf,
  orderIdOf,
  type BatchRequest,
  type Decision,
  type Order,
} from "../../contract/order.ts";
import type { StockState } from "../../contract/stock.ts";
import { hexOf, blobOf, orderIdBlob, tradeValues } from "../../contract/trade-row.ts";
import { genesisOf, tradeChain, type LogHead, type Trade } from "../../contract/trade.ts";
import { ok, rejected, type Reply } from "../../contract/reply.ts";
import type { OpeningStock } from "../opening.ts";
import { decide } from "../rules.ts";

type Known = { number: number; fingerprint: Uint8Array };
type KnownRefusal = { reason: Extract<Decision, { kind: "refused" }>["reason"]; fingerprint: Uint8Array };

/**
 * The one writer of the catalog. Each public method is one immediate transaction: it happens whole and is on the
 * disk when the method returns, or it raises and nothing happened.
 */
export class CatalogWriter {
  readonly #db: Writer;
  readonly #market: Statement<Market>;
  readonly #setEpoch: Statement<never>;
  readonly #head: Statement<{ number: number; chain: Uint8Array }>;
  readonly #chainAt: Statement<{ chain: Uint8Array }>;
  readonly #knownTrade: Statement<Known>;
  readonly #knownRefusal: Statement<KnownRefusal>;
  readonly #stock: Statement<StockState>;
  readonly #fill: Statement<never>;
  readonly #insertTrade: Statement<never>;
  readonly #insertRefusal: Statement<never>;

  constructor(db: Writer) {
    this.#db = db;
    this.#market = db.prepare("SELECT market_id, incarnation, epoch FROM meta");
    this.#setEpoch = db.prepare("UPDATE meta SET epoch = ?");
    this.#head = db.prepare("SELECT number, chain FROM trades ORDER BY number DESC LIMIT 1");
    this.#chainAt = db.prepare("SELECT chain FROM trades WHERE number = ?");
    this.#knownTrade = db.prepare("SELECT number, fingerprint FROM trades WHERE order_id = ?");
    this.#knownRefusal = db.prepare("SELECT reason, fingerprint FROM refusals WHERE order_id = ?");
    this.#stock = db.prepare("SELECT * FROM stock_states WHERE name = ?");
    this.#fill = db.prepare(
      "UPDATE stocks SET quantity = quantity + ?, volume = volume + ?, version = ? WHERE name = ? AND version = ? AND quantity + ? >= 0",
    );
    this.#insertTrade = db.prepare(
      "INSERT INTO trades (number, order_id, fingerprint, client, name, type, quantity, price_cents, quantity_after, stock_version, at, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (order_id) DO NOTHING",
    );
    this.#insertRefusal = db.prepare(
      "INSERT INTO refusals (order_id, fingerprint, reason, at) VALUES (?, ?, ?, ?)",
    );
  }

  /** On an empty database only: founds the market and writes every stock's opening. Returns the stocks it opened. */
  open(marketId: string, opening: () => OpeningStock[], at: number): number {
    return this.#db.immediate(() => {
      if (this.#market.get()) return 0;
      const stocks = opening();
      this.#db
        .prepare("INSERT INTO meta (id, market_id, incarnation, epoch) VALUES (1, ?, 1, 0)")
        .run(marketId);
      const insertStock = this.#db.prepare(
        "INSERT INTO stocks (name, price_cents, quantity, volume, status, version) VALUES (?, ?, ?, 0, 'open', 1)",
      );
      const insertChange = this.#db.prepare(
        "INSERT INTO changes (number, kind, name, price_cents, quantity_delta, status, stock_version, at, chain) VALUES (?, 'opening', ?, ?, ?, 'open', 1, ?, ?)",
      );
      let chain = genesisOf(marketId);
      for (const [index, { name, priceCents, quantity }] of stocks.entries()) {
        const number = index + 1;
        chain = changeChain(chain, {
          number,
          kind: "opening",
          name,
          price_cents: priceCents,
          quantity_delta: quantity,
          status: "open",
          stock_version: 1,
          client: null,
          key: null,
          at,
        });
        insertStock.run(name, priceCents, quantity);
        insertChange.run(number, name, priceCents, quantity, at, blobOf(chain));
      }
      return stocks.length;
    });
  }

  /**
   * Fences off every older order service. Refuses a ledger that is not a prefix of this catalog's trade log, and who
   * would replace an epoch that has been replaced already.
   */
  acquireEpoch(follower: EpochRequest): Reply<Market> {
    return this.#db.immediate(() => {
      const market = this.#openMarket();
      const mismatch = this.#mismatch(market, follower);
      if (mismatch) return rejected(mismatch);
      if (follower.epoch !== market.epoch) return rejected("stale_epoch");
      const next = { ...market, epoch: market.epoch + 1 };
      this.#setEpoch.run(next.epoch);
      return ok(next);
    });
  }

  /**
   * Decides a batch of orders, in order; its commit is the decision. Raises, with nothing written, when one of the
   * orders cannot be written: the caller then offers them one by one.
   */
  decide(request: BatchRequest, at: number): Reply<Decided> {
    return this.#db.immediate(() => {
      const market = this.#openMarket();
      // Epochs count within an incarnation. One from the future is of the catalog that an older one has replaced.
      if (request.incarnation !== market.incarnation) return rejected("ledger_mismatch");
      if (request.epoch < market.epoch) return rejected("stale_epoch");
      const mismatch = this.#mismatch(market, request);
      if (mismatch) return rejected(mismatch);
      if (request.epoch > market.epoch) return rejected("ledger_mismatch");

      const batch: Batch = {
        at,
        head: this.#logHead(market),
        filled: new Map<string, Filled>(),
        trades: [],
      };
      const decisions = request.orders.map((order) => this.#decideOne(order, batch));
      const stocks = [...batch.filled.values()].map((filled) => this.#settle(filled));
      return ok({ decisions, trades: batch.trades, stocks });
    });
  }

  /** The outcomes that orders have already; the others fail for `reason`. Reads only. */
  recall(request: BatchRequest, reason: "storage_full"): Reply<Decided> {
    const decisions = request.orders.map(
      (order): Decision =>
        this.#known(orderIdBlob(orderIdOf(order)), fingerprintOf(order)) ?? { kind: "failed", reason },
    );
    return ok({ decisions, trades: [], stocks: [] });
  }

  checkpoint(): void {
    this.#db.checkpoint();
  }

  close(): void {
    this.#db.close();
  }

  #decideOne(order: Order, batch: Batch): Decision {
    const orderId = orderIdOf(order);
    const id = orderIdBlob(orderId);
    const fingerprint = fingerprintOf(order);
    const refused = this.#refusedBefore(id, fingerprint);
    if (refused) return refused;

    const filled = batch.filled.get(order.name);
    const before = filled?.after ?? this.#stock.get(order.name);
    const verdict = decide(before, order);
    if (verdict.kind === "refuse" || !before) {
      const traded = this.#tradedBefore(id, fingerprint);
      if (traded) return traded;
      const reason = verdict.kind === "refuse" ? verdict.reason : "stock_not_found";
      this.#insertRefusal.run(id, blobOf(fingerprint), reason, batch.at);
      return { kind: "refused", reason, replayed: false };
    }
    const { after } = verdict;
    const trade = tradeAfter(batch.head, order, { orderId, fingerprint, after, at: batch.at });
    // The index over the ids tells a known one as it takes in a new one: to look first would cost as much once more.
    if (this.#insertTrade.run(...tradeValues(trade)).changes !== 1) {
      const traded = this.#tradedBefore(id, fingerprint);
      if (!traded) throw new Error("a trade was not written, and its order has none");
      return traded;
    }

    batch.head = trade;
    batch.filled.set(order.name, {
      before: filled?.before ?? before,
      after,
      shares: (filled?.shares ?? 0) + order.quantity,
    });
    batch.trades.push(trade);
    return { kind: "traded", number: trade.number, replayed: false };
  }

  // Once a batch: what its orders did to a stock, each on what the one before it left.
  #settle({ before, after, shares }: Filled): StockState {
    const delta = after.quantity - before.quantity;
    const updated = this.#fill.run(delta, shares, after.version, before.name, before.version, delta);
    if (updated.changes !== 1) throw new Error(`the stock ${before.name} changed under its own transaction`);
    return after;
  }

  /** The outcome that this order, or another with its key, already has. */
  #known(id: Uint8Array, fingerprint: string): Decision | undefined {
    return this.#refusedBefore(id, fingerprint) ?? this.#tradedBefore(id, fingerprint);
  }

  #refusedBefore(id: Uint8Array, fingerprint: string): Decision | undefined {
    const known = this.#knownRefusal.get(id);
    return known && replayOf(known, fingerprint, { kind: "refused", reason: known.reason, replayed: true });
  }

  #tradedBefore(id: Uint8Array, fingerprint: string): Decision | undefined {
    const known = this.#knownTrade.get(id);
    return known && replayOf(known, fingerprint, { kind: "traded", number: known.number, replayed: true });
  }

  #openMarket(): Market {
    const market = this.#market.get();
    if (!market) throw new Error("the market has not been opened");
    return market;
  }

  #logHead(market: Market): LogHead {
    const last = this.#head.get();
    return last ? { number: last.number, chain: hexOf(last.chain) } : originOf(market);
  }

  #mismatch(
    market: Market,
    follower: Pick<EpochRequest, "market_id" | "ledger">,
  ): InternalReason | undefined {
    const { market_id, ledger } = follower;
    if (market_id === null && ledger.number === 0) return undefined;
    if (market_id !== market.market_id) return "ledger_mismatch";
    if (ledger.number > this.#logHead(market).number) return "ledger_ahead";
    const row = ledger.number === 0 ? undefined : this.#chainAt.get(ledger.number);
    const chain = row ? hexOf(row.chain) : originOf(market).chain;
    return chain === ledger.chain ? undefined : "ledger_mismatch";
  }
}

interface Batch {
  at: number;
  head: LogHead;
  filled: Map<string, Filled>;
  trades: Trade[];
}

/** A stock that orders of this batch have filled against, and the shares that they moved. */
interface Filled {
  before: StockState;
  after: StockState;
  shares: number;
}

/** The outcome of a known order, if the order that asks for it is the same one. */
function replayOf(known: { fingerprint: Uint8Array }, fingerprint: string, outcome: Decision): Decision {
  return hexOf(known.fingerprint) === fingerprint
    ? outcome
    : { kind: "failed", reason: "idempotency_key_reused" };
}

function originOf(market: Market): LogHead {
  return { number: 0, chain: genesisOf(market.market_id) };
}

function tradeAfter(
  head: LogHead,
  order: Order,
  decided: { orderId: string; fingerprint: string; after: StockState; at: number },
): Trade {
  const trade = {
    number: head.number + 1,
    order_id: decided.orderId,
    fingerprint: decided.fingerprint,
    client: order.client,
    name: order.name,
    type: order.type,
    quantity: order.quantity,
    price_cents: decided.after.price_cents,
    quantity_after: decided.after.quantity,
    stock_version: decided.after.version,
    at: decided.at,
  };
  return { ...trade, chain: tradeChain(head.chain, trade) };
}
