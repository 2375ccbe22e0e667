import { createRequire } from "node:module";

import type { Prepares } from "../../../db/books/prepares.ts";
import { StockWriter } from "../../../db/books/stocks.ts";
import { TradeLogWriter } from "../../../db/books/trade-log.ts";
import { decide } from "../../../services/catalog/rules.ts";
import type { Reason } from "../../../services/contract/errors.ts";
import { makeTrade } from "../../../services/contract/make-trade.ts";
import type { OrderInput } from "../../../services/contract/order-input.ts";
import { fingerprintOf, orderIdOf, type Order } from "../../../services/contract/order.ts";
import type { StockState } from "../../../services/contract/stock.ts";
import type { LogHead, Trade } from "../../../services/contract/trade.ts";
import { foundMarket } from "../founding.ts";

/**
 * What bun:sqlite and better-sqlite3 have in common. The readers and writers of the books use it directly, without the
 * checks that db/sqlite makes of every value: the monoliths are to be as fast as they can be.
 */
interface Database extends Prepares {
  exec(sql: string): unknown;
  transaction<T>(work: () => T): { immediate(): T };
}
export type Library = "bun:sqlite" | "better-sqlite3";

const require = createRequire(import.meta.url);
const client = "anonymous";

/** An order with the key that makes it unique. */
export type KeyedOrder = OrderInput & { key: string };

export type Placed =
  { kind: "traded"; trade: Trade; replayed: boolean } | { kind: "refused"; reason: Reason };

/** The transaction in progress. */
interface Batch {
  at: number;
  head: LogHead;
  /** The traded stocks by name. Each is read and written once a transaction. */
  touched: Map<string, { before: StockState; after: StockState; shares: number }>;
}

class KnownKey extends Error {}

/**
 * The catalog's own tables, with the same rows, indexes and chain, written by one process with as few statements as
 * SQLite needs: each commit is on the disk (WAL, synchronous=FULL) when it returns.
 */
export class MonolithStore {
  readonly #stocks: StockWriter;
  readonly #trades: TradeLogWriter;
  readonly #transaction: Database["transaction"];
  /** The last row of the trade log. It can be kept here because no other process writes. */
  #head: LogHead;

  private constructor(database: Database, head: LogHead) {
    this.#head = head;
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    database.exec("PRAGMA foreign_keys = ON");
    this.#transaction = (work) => database.transaction(work);
    this.#stocks = new StockWriter(database);
    this.#trades = new TradeLogWriter(database);
  }

  /** Opens `catalog.db` in the folder, or makes it. */
  static async open(dataDir: string, library: Library): Promise<MonolithStore> {
    const { path, heads } = await foundMarket(dataDir);
    return new MonolithStore(openDatabase(path, library), heads.trades);
  }

  stock(name: string): StockState | undefined {
    return this.#stocks.stock(name);
  }

  /** One order in one transaction with one fsync. A repeated key gets its first outcome. */
  place(order: KeyedOrder): Placed {
    try {
      return this.placeAll([order])[0]!;
    } catch (error) {
      if (!(error instanceof KnownKey)) throw error;
      return this.#replay(orderOf(order));
    }
  }

  /** All orders in one transaction. Throws on a repeated key, and then nothing is written. */
  placeAll(orders: readonly KeyedOrder[]): Placed[] {
    const batch: Batch = { at: Date.now(), head: this.#head, touched: new Map() };
    const placed = this.#transaction(() => {
      const outcomes = orders.map((order) => this.#placeOne(orderOf(order), batch));
      for (const { before, after, shares } of batch.touched.values())
        this.#stocks.recordTrades(before, after, shares);
      return outcomes;
    }).immediate();
    this.#head = batch.head;
    return placed;
  }

  #placeOne(order: Order, batch: Batch): Placed {
    const touched = batch.touched.get(order.name);
    const before = touched?.after ?? this.stock(order.name);
    const verdict = decide(before, order);
    if (verdict.kind === "refuse" || !before)
      return { kind: "refused", reason: verdict.kind === "refuse" ? verdict.reason : "stock_not_found" };
    const { after } = verdict;
    const trade = makeTrade(batch.head, order, {
      price_cents: after.price_cents,
      quantity_after: after.quantity,
      stock_version: after.version,
      at: batch.at,
    });
    if (!this.#trades.append(trade)) throw new KnownKey("this key has traded already");
    const shares = (touched?.shares ?? 0) + order.quantity;
    batch.touched.set(order.name, { before: touched?.before ?? before, after, shares });
    batch.head = trade;
    return { kind: "traded", trade, replayed: false };
  }

  #replay(order: Order): Placed {
    const known = this.#trades.known(orderIdOf(order));
    const trade = known && this.#trades.trade(known.number);
    if (!trade) throw new Error("a known key has no trade");
    if (trade.fingerprint !== fingerprintOf(order))
      return { kind: "refused", reason: "idempotency_key_reused" };
    return { kind: "traded", trade, replayed: true };
  }
}

function orderOf(order: KeyedOrder): Order {
  return { request_id: "", client, ...order };
}

type Constructor = new (path: string) => Database;

function openDatabase(path: string, library: Library): Database {
  if (library === "bun:sqlite")
    return new (require("bun:sqlite") as { Database: Constructor }).Database(path);
  return new (require("better-sqlite3") as Constructor)(path);
}
