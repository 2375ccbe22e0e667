import { createRequire } from "node:module";

import { decide } from "../../../services/catalog/rules.ts";
import type { Reason } from "../../../services/contract/errors.ts";
import type { OrderInput } from "../../../services/contract/order-input.ts";
import { fingerprintOf } from "../../../services/contract/order.ts";
import type { StockState } from "../../../services/contract/stock.ts";
import {
  hexOf,
  orderIdBlob,
  tradeOf,
  tradeValues,
  type TradeRow,
} from "../../../services/contract/trade-row.ts";
import { tradeChain, type LogHead, type Trade } from "../../../services/contract/trade.ts";
import { foundMarket } from "../founding.ts";

/** What is used of bun:sqlite and of better-sqlite3; here they are alike. */
interface Database {
  prepare(sql: string): {
    get(...params: unknown[]): unknown;
    run(...params: unknown[]): unknown;
  };
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

/** What one transaction has done so far. */
interface Batch {
  at: number;
  head: LogHead;
  /** The stocks it has touched, as they stand now: each is read and written once. */
  stocks: Map<string, StockState>;
}

/**
 * The catalog's own tables, with the same rows, indexes and chain, written by one process with as few statements as
 * SQLite needs: each commit is on the disk (WAL, synchronous=FULL) when it returns.
 */
export class MonolithStore {
  readonly #stock;
  readonly #setStock;
  readonly #insert;
  readonly #known;
  readonly #transaction: Database["transaction"];
  /** The last row: nobody else writes. */
  #head: LogHead;

  private constructor(database: Database, head: LogHead) {
    this.#head = head;
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    database.exec("PRAGMA foreign_keys = ON");
    this.#transaction = (work) => database.transaction(work);
    this.#stock = database.prepare("SELECT * FROM stock_states WHERE name = ?");
    this.#setStock = database.prepare(
      "UPDATE stocks SET quantity = ?, volume = ?, version = ? WHERE name = ?",
    );
    this.#insert = database.prepare(
      "INSERT INTO trades (number, order_id, fingerprint, client, name, type, quantity, price_cents, quantity_after, stock_version, at, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#known = database.prepare("SELECT * FROM trades WHERE order_id = ?");
  }

  /** `catalog.db` in the folder, made if need be. */
  static async open(dataDir: string, library: Library): Promise<MonolithStore> {
    const { path, heads } = await foundMarket(dataDir);
    return new MonolithStore(openDatabase(path, library), heads.trades);
  }

  stock(name: string): StockState | undefined {
    return (this.#stock.get(name) as StockState | null) ?? undefined;
  }

  /** One order, one transaction, one fsync. A key that is known already gets its first outcome. */
  place(order: KeyedOrder): Placed {
    try {
      return this.placeAll([order])[0]!;
    } catch (error) {
      const row = this.#known.get(orderIdBlob(`${client}\0${order.key}`)) as TradeRow | null | undefined;
      if (!row) throw error;
      const isSame = hexOf(row.fingerprint) === fingerprint(order);
      if (!isSame) return { kind: "refused", reason: "idempotency_key_reused" };
      return { kind: "traded", trade: tradeOf(row), replayed: true };
    }
  }

  /** All in one transaction. Throws, with nothing written, on a known key. */
  placeAll(orders: readonly KeyedOrder[]): Placed[] {
    const batch: Batch = { at: Date.now(), head: this.#head, stocks: new Map() };
    const placed = this.#transaction(() => {
      const outcomes = orders.map((order) => this.#placeOne(order, batch));
      for (const { name, quantity, volume, version } of batch.stocks.values())
        this.#setStock.run(quantity, volume, version, name);
      return outcomes;
    }).immediate();
    this.#head = batch.head;
    return placed;
  }

  #placeOne(order: KeyedOrder, batch: Batch): Placed {
    const { name, type, quantity } = order;
    const verdict = decide(batch.stocks.get(name) ?? this.stock(name), order);
    if (verdict.kind === "refuse") return { kind: "refused", reason: verdict.reason };
    const { after } = verdict;
    const row = {
      number: batch.head.number + 1,
      order_id: `${client}\0${order.key}`,
      fingerprint: fingerprint(order),
      client,
      name,
      type,
      quantity,
      price_cents: after.price_cents,
      quantity_after: after.quantity,
      stock_version: after.version,
      at: batch.at,
    };
    const trade = { ...row, chain: tradeChain(batch.head.chain, row) };
    this.#insert.run(...tradeValues(trade));
    batch.stocks.set(name, after);
    batch.head = trade;
    return { kind: "traded", trade, replayed: false };
  }
}

function fingerprint(order: KeyedOrder): string {
  return fingerprintOf({ request_id: "", client, ...order });
}

type Constructor = new (path: string) => Database;

function openDatabase(path: string, library: Library): Database {
  if (library === "bun:sqlite")
    return new (require("bun:sqlite") as { Database: Constructor }).Database(path);
  return new (require("better-sqlite3") as Constructor)(path);
}
