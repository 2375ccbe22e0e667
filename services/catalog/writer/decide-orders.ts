import type { RefusalWriter } from "../../../db/books/refusals.ts";
import type { StockWriter } from "../../../db/books/stocks.ts";
import type { TradeLogWriter } from "../../../db/books/trade-log.ts";
import type { Decided } from "../../contract/batch-reply.ts";
import { makeTrade } from "../../contract/make-trade.ts";
import { fingerprintOf, orderIdOf, type Decision, type Order } from "../../contract/order.ts";
import type { StockState } from "../../contract/stock.ts";
import type { LogHead, Trade } from "../../contract/trade.ts";
import { decide } from "../rules.ts";

/**
 * The part of the books that a decision reads and writes. SQLite's tables are one; an engine on another machine reads
 * the outcomes and the stocks of a batch first, decides in memory, and writes what was added.
 */
export interface DecisionBooks {
  trades: Pick<TradeLogWriter, "known" | "append">;
  refusals: Pick<RefusalWriter, "known" | "add">;
  stocks: Pick<StockWriter, "stock" | "recordTrades">;
}

interface Batch {
  /** Milliseconds since 1970. */
  at: number;
  head: LogHead;
  /** By name. */
  touched: Map<string, TouchedStock>;
  trades: Trade[];
}

/** A stock before and after the trades of this batch, and how many shares they moved. */
interface TouchedStock {
  before: StockState;
  after: StockState;
  shares: number;
}

/**
 * Decides orders one after the other on a trade log that ends at `head`, each against the state after the orders
 * before it, and writes the trades, the refusals and (once for each stock) the stocks. Throws the errors of the books.
 */
export function decideOrders(
  books: DecisionBooks,
  head: LogHead,
  orders: readonly Order[],
  at: number,
): Decided {
  const batch: Batch = { at, head, touched: new Map(), trades: [] };
  const decisions = orders.map((order) => decideOne(books, order, batch));
  const stocks = [...batch.touched.values()].map((touched) => writeStock(books, touched));
  return { decisions, trades: batch.trades, stocks };
}

/** The outcome that an order already has; `idempotency_key_reused` when its key was used for another order. */
export function knownOutcome(
  books: Pick<DecisionBooks, "trades" | "refusals">,
  order: Order,
): Decision | undefined {
  return refusedBefore(books, order) ?? tradedBefore(books, order);
}

function decideOne(books: DecisionBooks, order: Order, batch: Batch): Decision {
  const refused = refusedBefore(books, order);
  if (refused) return refused;

  const touched = batch.touched.get(order.name);
  const before = touched?.after ?? books.stocks.stock(order.name);
  const verdict = decide(before, order);
  if (verdict.kind === "refuse" || !before) {
    const traded = tradedBefore(books, order);
    if (traded) return traded;
    const reason = verdict.kind === "refuse" ? verdict.reason : "stock_not_found";
    const refusal = { order_id: orderIdOf(order), fingerprint: fingerprintOf(order), reason, at: batch.at };
    books.refusals.add(refusal);
    return { kind: "refused", reason, replayed: false };
  }
  const { after } = verdict;
  const trade = makeTrade(batch.head, order, {
    price_cents: after.price_cents,
    quantity_after: after.quantity,
    stock_version: after.version,
    at: batch.at,
  });
  // Insert first; the UNIQUE index detects repeats. A lookup beforehand would double the index work.
  if (!books.trades.append(trade)) {
    const traded = tradedBefore(books, order);
    if (!traded) throw new Error("a trade was not written, and its order has none");
    return traded;
  }

  batch.head = trade;
  batch.touched.set(order.name, {
    before: touched?.before ?? before,
    after,
    shares: (touched?.shares ?? 0) + order.quantity,
  });
  batch.trades.push(trade);
  return { kind: "traded", number: trade.number, replayed: false };
}

function writeStock({ stocks }: DecisionBooks, { before, after, shares }: TouchedStock): StockState {
  stocks.recordTrades(before, after, shares);
  return after;
}

function refusedBefore({ refusals }: Pick<DecisionBooks, "refusals">, order: Order): Decision | undefined {
  const known = refusals.known(orderIdOf(order));
  return known && replayOf(known, order, { kind: "refused", reason: known.reason, replayed: true });
}

function tradedBefore({ trades }: Pick<DecisionBooks, "trades">, order: Order): Decision | undefined {
  const known = trades.known(orderIdOf(order));
  return known && replayOf(known, order, { kind: "traded", number: known.number, replayed: true });
}

/** `outcome`, if `order` has the same content as the known order; else `idempotency_key_reused`. */
function replayOf(known: { fingerprint: string }, order: Order, outcome: Decision): Decision {
  const isSameOrder = known.fingerprint === fingerprintOf(order);
  return isSameOrder ? outcome : { kind: "failed", reason: "idempotency_key_reused" };
}
