import { expect } from "bun:test";

import { claimDatabase, type Claim } from "../../db/sqlite/claim.ts";
import type { OpenCatalog } from "../catalog/catalog.fixture.ts";
import type { Trade } from "../contract/trade.ts";
import type { FakeClock } from "../../testing/fake-clock.ts";
import { keptLog } from "../../testing/kept-log.ts";
import { until } from "../../testing/until.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import type { Order } from "../contract/order.ts";
import { systemContext } from "../runtime/context.ts";
import type { Delivery } from "../runtime/flow/batcher.ts";
import { createApp, type App } from "./app.ts";
import { composeOrder, type OrderServiceParts } from "./compose.ts";
import type { Answered } from "./dispatcher.ts";
import { catalogPeer, type CatalogPeer } from "./peers.ts";
import { LedgerStore } from "./store.ts";

/** A ledger on a real file. */
export class OpenLedger implements Disposable {
  readonly #folder = temporaryFolder();
  #claim: Claim;
  store: LedgerStore;

  constructor() {
    this.#claim = claimDatabase(this.#folder.path, "order", "NORMAL");
    this.store = new LedgerStore(this.#claim.writer);
  }

  /** The write connection, for a test to read the tables or to damage them. */
  get db(): Claim["writer"] {
    return this.#claim.writer;
  }

  /** Every row. */
  async rows(): Promise<Trade[]> {
    const filter = { name: undefined, type: undefined };
    return (await this.store.window(0, 20_000, filter)).trades;
  }

  reopen(): void {
    this.#close();
    this.#claim = claimDatabase(this.#folder.path, "order", "NORMAL");
    this.store = new LedgerStore(this.#claim.writer);
  }

  /** Limits the file to its size and `pages` more. */
  limitPages(pages: number): void {
    const { page_count } = this.db.prepare<{ page_count: number }>("PRAGMA page_count").get()!;
    this.db.exec(`PRAGMA max_page_count = ${page_count + pages}`);
  }

  [Symbol.dispose](): void {
    this.#close();
    this.#folder[Symbol.dispose]();
  }

  #close(): void {
    void this.store.close();
    this.#claim.lock.release();
  }
}

/** Replaces calls of the order service to its catalog, so that a test can disturb them. */
export type Spoil = (peer: CatalogPeer) => Partial<CatalogPeer>;

/** An order service over a catalog in this process, on a real ledger, without a port. */
export class OpenOrderService implements AsyncDisposable {
  readonly ledger = new OpenLedger();
  readonly log = keptLog();
  readonly parts: OrderServiceParts;
  readonly app: App;

  readonly #clock: FakeClock | undefined;

  /** With a `clock`, time passes only while a test waits for what this class returns, or advances the clock. */
  constructor(catalog: OpenCatalog, spoil: Spoil = () => ({}), clock?: FakeClock) {
    this.#clock = clock;
    const context = { ...systemContext(this.log.log), ...(clock && { clock }) };
    const peer = catalogPeer(catalog.app(), undefined, context);
    this.parts = composeOrder({
      ledger: this.ledger.store,
      catalog: { ...peer, ...spoil(peer) },
      intake: { batchMax: 1_000, maxQueued: 10_000 },
      context,
    });
    this.app = createApp(this.parts.orders, this.parts.notReadyReason, this.log.log);
  }

  /** What keeps orders from being decided, or undefined. */
  get notReadyReason(): string | undefined {
    return this.parts.dispatcher.notReadyReason;
  }

  get isFenced(): boolean {
    return this.notReadyReason === "a newer order service has taken over";
  }

  submit(order: Order, timeoutMs = 5_000): Promise<Answered> {
    return this.#during(this.parts.intake.submitOne(order, timeoutMs));
  }

  /** Delivers one batch, as the intake does. */
  deliver(orders: Order[], onPeerReady?: () => boolean): Promise<Delivery<Answered>> {
    const { signal } = new AbortController();
    return this.#during(this.parts.dispatcher.deliver(orders, signal, onPeerReady));
  }

  /** Starts it; resolves when orders go through. */
  async start(): Promise<void> {
    this.parts.start();
    await this.ready();
  }

  ready(): Promise<void> {
    return this.until(async () => this.notReadyReason === undefined);
  }

  /** Waits until `condition` holds. */
  until(condition: () => Promise<boolean>): Promise<void> {
    return this.#clock?.until(condition) ?? until(condition);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#during(this.parts.stop());
    this.ledger[Symbol.dispose]();
  }

  #during<T>(promise: Promise<T>): Promise<T> {
    return this.#clock?.during(promise) ?? promise;
  }
}

/** A started order service. */
export async function openOrderService(
  catalog: OpenCatalog,
  spoil?: Spoil,
  clock?: FakeClock,
): Promise<OpenOrderService> {
  const service = new OpenOrderService(catalog, spoil, clock);
  await service.start();
  return service;
}

/** The ledger has exactly the rows of the catalog's trade log. */
export async function expectSameBooks(service: OpenOrderService, catalog: OpenCatalog): Promise<void> {
  expect(await service.ledger.rows()).toEqual(await catalog.reads.trades(0, 20_000));
}
