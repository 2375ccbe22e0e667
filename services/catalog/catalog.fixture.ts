import { join } from "node:path";

import { claimDatabase, type Claim } from "../../db/sqlite/claim.ts";
import { openReader } from "../../db/sqlite/open.ts";
import type { Decided } from "../contract/batch-reply.ts";
import type { BatchRequest, Order } from "../contract/order.ts";
import { originOf, type LogHead, type Trade } from "../contract/trade.ts";
import { committed, dataOf } from "../../testing/committed.ts";
import { systemClock } from "../runtime/flow/clock.ts";
import { keptLog } from "../../testing/kept-log.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { createApp, type App } from "./app.ts";
import { composeCatalog } from "./compose.ts";
import type { OpeningStock } from "./opening.ts";
import { catalogStore, type CatalogStore } from "./store.ts";
import { decideBatch } from "./writer/decide-batch.ts";
import { InlineWriter } from "./writer/inline.ts";
import { CatalogWriter } from "./writer/store.ts";

/** The stocks that `openCatalog` opens by default. */
export const openingA: OpeningStock[] = [{ name: "A", priceCents: 1599, quantity: 100 }];

interface CatalogOptions {
  opening?: OpeningStock[];
  marketId?: string;
}

/** A market on a real file: its writer and its reader in this thread, and the part of the order service in the test. */
export class OpenCatalog implements Disposable {
  readonly marketId: string;
  readonly #folder = temporaryFolder();
  #claim: Claim | undefined;
  #writer: CatalogWriter | undefined;
  #reads: CatalogStore | undefined;
  /** Every error that made an order fail with internal_error. */
  readonly unexpected: unknown[] = [];
  readonly #onUnexpected = (error: unknown) => {
    this.unexpected.push(error);
  };
  /** What an order service would have appended: every trade that `decide` wrote. */
  ledger: Trade[] = [];
  epoch = 0;

  constructor({ opening = openingA, marketId = "m" }: CatalogOptions = {}) {
    this.marketId = marketId;
    this.open();
    this.writer.open(marketId, () => opening, 1_000);
  }

  get writer(): CatalogWriter {
    return opened(this.#writer);
  }

  get store(): CatalogStore {
    return opened(this.#reads);
  }

  /** What is committed, without replies around it. */
  get reads(): ReturnType<typeof committed> {
    return committed(this.store);
  }

  /** The write connection, for a test to look at the tables or to spoil them. */
  get db(): Claim["writer"] {
    return opened(this.#claim).writer;
  }

  get path(): string {
    return join(this.#folder.path, "catalog.db");
  }

  get head(): LogHead {
    return this.ledger.at(-1) ?? originOf(this.marketId);
  }

  request(orders: Order[], given: Partial<BatchRequest> = {}): BatchRequest {
    return {
      market_id: this.marketId,
      incarnation: 1,
      epoch: this.epoch,
      ledger: { number: this.head.number, chain: this.head.chain },
      orders,
      ...given,
    };
  }

  /** Decides as the writer's thread does, and keeps the ledger. Throws when the catalog refuses the batch. */
  decide(...orders: Order[]): Decided {
    const reply = decideBatch(this.writer, this.request(orders), 2_000, this.#onUnexpected);
    const decided = dataOf(reply);
    this.ledger.push(...decided.trades);
    return decided;
  }

  count(table: "trades" | "refusals" | "changes" | "stocks"): number {
    return this.db.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? -1;
  }

  /** Every row of every table: equal before and after means that nothing was written. */
  everything(): unknown[] {
    return ["meta", "stocks", "trades", "refusals", "changes"].map((table) =>
      this.db.prepare(`SELECT * FROM ${table} ORDER BY 1`).all(),
    );
  }

  open(): void {
    this.#claim = claimDatabase(this.#folder.path, "catalog", "FULL");
    this.#writer = new CatalogWriter(this.#claim.writer);
    this.#reads = catalogStore(openReader(this.#claim.path));
  }

  close(): void {
    void this.#reads?.close();
    this.#writer?.close();
    this.#claim?.lock.release();
    this.#claim = this.#writer = this.#reads = undefined;
  }

  /** As another process would find it: the file closed and opened again. */
  reopen(): void {
    this.close();
    this.open();
  }

  /** The catalog service on these stores, without a port and without a thread. */
  app(): App {
    const { writer, store } = this;
    const writes = new InlineWriter(writer, {
      clock: systemClock,
      onFailedOrder: (failed) => this.unexpected.push(failed),
      onCrash: (error) => this.unexpected.push(error),
    });
    const { catalog } = composeCatalog({ reads: store, writes, context: { clock: systemClock } });
    return createApp(catalog, keptLog().log);
  }

  [Symbol.dispose](): void {
    this.close();
    this.#folder[Symbol.dispose]();
  }
}

function opened<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("this catalog is closed");
  return part;
}

export function openCatalog(options?: CatalogOptions): OpenCatalog {
  return new OpenCatalog(options);
}
