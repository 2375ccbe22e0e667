import { claimDatabase, type Claim } from "../../db/sqlite/claim.ts";
import type { OpenCatalog } from "../catalog/catalog.fixture.ts";
import type { Trade } from "../contract/trade.ts";
import { keptLog } from "../../testing/kept-log.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { createApp, type App } from "./app.ts";
import { OrderIntake } from "./intake.ts";
import { ledgerFeed } from "./feed.ts";
import { Follower } from "./follower.ts";
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

  /** The write connection, for a test to look at the tables or to spoil them. */
  get db(): Claim["writer"] {
    return this.#claim.writer;
  }

  /** Every row, as `rows.length` and a comparison with a trade log want it. */
  async rows(): Promise<Trade[]> {
    const filter = { name: undefined, type: undefined };
    return (await this.store.window(0, 20_000, filter)).trades;
  }

  reopen(): void {
    this.#close();
    this.#claim = claimDatabase(this.#folder.path, "order", "NORMAL");
    this.store = new LedgerStore(this.#claim.writer);
  }

  /** Leaves room for what is there and `pages` more. */
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

/** What lies between the order service and its catalog: the way there, which a test may spoil. */
export type Spoil = (peer: CatalogPeer) => Partial<CatalogPeer>;

/** An order service over a catalog in this process, on a real ledger, without a port. */
export class Following implements AsyncDisposable {
  readonly ledger = new OpenLedger();
  readonly log = keptLog();
  readonly follower: Follower;
  readonly desk: OrderIntake;
  readonly app: App;
  fenced = 0;

  constructor(catalog: OpenCatalog, spoil: Spoil = () => ({})) {
    const peer = catalogPeer(catalog.app());
    this.follower = new Follower({
      ledger: this.ledger.store,
      catalog: { ...peer, ...spoil(peer) },
      log: this.log.log,
      onAppended: (number) => feed.publish({ kind: "head", trades: number }),
      onFenced: () => {
        this.fenced += 1;
      },
    });
    const feed = ledgerFeed(this.ledger.store, () => this.follower.isComplete);
    this.desk = new OrderIntake(this.follower, { batchMax: 1_000, maxQueued: 10_000 });
    this.app = createApp(
      {
        desk: this.desk,
        ledger: this.ledger.store,
        feed,
        isComplete: () => this.follower.isComplete,
        hasNoTrade: (number) => this.follower.hasNoTrade(number),
        missing: async () => this.follower.missing,
      },
      this.log.log,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.desk.close();
    await this.follower.stop();
    this.ledger[Symbol.dispose]();
  }
}
