import type { Scheduler } from "fast-check";

import type { CatalogEvent } from "../../contract/feed.ts";
import type { Reply } from "../../contract/reply.ts";
import type { StockState } from "../../contract/stock.ts";

export type Versions = ReadonlyMap<string, number>;

interface Said {
  event: CatalogEvent;
  /** Each stock's version at the moment when this was said. */
  versions: Versions;
}

interface Connection {
  /** Said by the catalog and not yet heard by the frontend. A cut loses it. */
  pipe: Said[];
  isCut: boolean;
  isUp: boolean;
}

export interface FeedHandlers {
  onUp(): void;
  onEvent(event: CatalogEvent): void;
  onDown(): void;
}

/**
 * A catalog as a frontend sees it, over wires whose every step the scheduler orders: commits, its feed, lookups and
 * orders under way, and its restarts. What it says on one connection arrives in order, or not at all.
 */
export class CatalogModel {
  readonly #scheduler: Scheduler;
  readonly #handlers: FeedHandlers;
  /** The committed version of each stock: what a lookup reads. */
  readonly #committed: Map<string, number>;
  /** What the feed has said of each stock, or would have said to whoever listened. */
  #published: Map<string, number>;
  #connection: Connection | undefined;
  /** Counts the restarts: what an earlier process had under way is gone. */
  #process = 0;
  /** What the frontend heard last from a connection that it takes to be standing. */
  heard: Versions | undefined;
  readonly #onHeard: () => void;

  constructor(scheduler: Scheduler, names: readonly string[], handlers: FeedHandlers, onHeard: () => void) {
    this.#scheduler = scheduler;
    this.#handlers = handlers;
    this.#onHeard = onHeard;
    this.#committed = new Map(names.map((name) => [name, 1]));
    this.#published = new Map(this.#committed);
  }

  /** One trade. Resolves, when its answer arrives, with the stock's state; undefined when the answer was lost. */
  async trade(name: string): Promise<StockState | undefined> {
    await this.#step("order arrives");
    const process = this.#process;
    const version = (this.#committed.get(name) ?? 0) + 1;
    this.#committed.set(name, version);
    await this.#step("commit is told to the catalog's main thread");
    if (process !== this.#process) return undefined;
    this.#published.set(name, version);
    this.#say({ kind: "stocks", stocks: [stateOf(name, version)] });
    await this.#step("order's answer arrives");
    return process === this.#process ? stateOf(name, version) : undefined;
  }

  readonly stock = async (name: string): Promise<Reply<StockState>> => {
    await this.#step("lookup arrives");
    const process = this.#process;
    const state = stateOf(name, this.#committed.get(name) ?? 0);
    await this.#step("lookup's reply arrives");
    return process === this.#process ? { ok: true, data: state } : { ok: false, arrived: "maybe" };
  };

  /** The frontend opens the feed, unless it has one. */
  async connect(): Promise<void> {
    if (this.#connection) return;
    this.#connection = { pipe: [], isCut: false, isUp: false };
    this.heartbeat();
    await Promise.resolve();
  }

  heartbeat(): void {
    this.#say({ kind: "heartbeat", incarnation: 1, changes: 0 });
  }

  /** The connection breaks; the frontend notices in its own time, and then opens another. */
  async cut(): Promise<void> {
    const cut = this.#connection;
    if (!cut || cut.isCut) return;
    cut.isCut = true;
    cut.pipe = [];
    await this.#step("cut is noticed");
    if (cut.isUp) this.#handlers.onDown();
    this.#connection = undefined;
    this.heard = undefined;
    await this.#step("feed is opened again");
    await this.connect();
  }

  /** Dies and is back: what it committed stays, what was under way is lost, and so is what it had not yet said. */
  async restart(): Promise<void> {
    this.#process += 1;
    this.#published = new Map(this.#committed);
    await this.cut();
  }

  #say(event: CatalogEvent): void {
    const connection = this.#connection;
    if (!connection || connection.isCut) return;
    connection.pipe.push({ event, versions: new Map(this.#published) });
    void this.#step("feed arrives").then(() => this.#hear(connection));
  }

  #hear(connection: Connection): void {
    const said = connection.pipe.shift();
    if (!said) return;
    if (!connection.isUp) this.#handlers.onUp();
    connection.isUp = true;
    this.heard = said.versions;
    this.#onHeard();
    this.#handlers.onEvent(said.event);
  }

  #step(label: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), label);
  }
}

/** The state tells its version twice, so that a body put together from two states shows. */
function stateOf(name: string, version: number): StockState {
  return { name, price_cents: 1600, quantity: version * 10, volume: version, status: "open", version };
}
