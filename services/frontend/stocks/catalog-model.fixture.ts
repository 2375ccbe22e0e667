import type { Scheduler } from "fast-check";

import type { CatalogEvent } from "../../contract/feed.ts";
import type { Reply } from "../../contract/reply.ts";
import type { StockState } from "../../contract/stock.ts";

export type Versions = ReadonlyMap<string, number>;

interface Sent {
  event: CatalogEvent;
  /** Each stock's published version when this was sent. */
  versions: Versions;
}

interface Connection {
  /** Sent by the catalog and not received by the frontend yet. A cut loses it. */
  pipe: Sent[];
  isCut: boolean;
  isUp: boolean;
}

export interface FeedHandlers {
  onUp(): void;
  onEvent(event: CatalogEvent): void;
  onDown(): void;
}

/**
 * A catalog as a frontend sees it: commits, its feed, lookups and orders in flight, and its restarts. The scheduler orders
 * every step. The events of one connection arrive in order, or not at all.
 */
export class CatalogModel {
  readonly #scheduler: Scheduler;
  readonly #handlers: FeedHandlers;
  /** The committed version of each stock: what a lookup reads. */
  readonly #committed: Map<string, number>;
  /** The version of each stock that was published, whether or not a frontend was connected. */
  #published: Map<string, number>;
  #connection: Connection | undefined;
  /** Counts the restarts: what an earlier process had in flight is lost. */
  #process = 0;
  /** The versions of the last event that the frontend received on a connection that it takes to be up. */
  received: Versions | undefined;
  readonly #onReceived: () => void;

  constructor(
    scheduler: Scheduler,
    names: readonly string[],
    handlers: FeedHandlers,
    onReceived: () => void,
  ) {
    this.#scheduler = scheduler;
    this.#handlers = handlers;
    this.#onReceived = onReceived;
    this.#committed = new Map(names.map((name) => [name, 1]));
    this.#published = new Map(this.#committed);
  }

  /** One trade. Resolves, when its answer arrives, with the stock's state; undefined when the answer was lost. */
  async trade(name: string): Promise<StockState | undefined> {
    await this.#step("order arrives");
    const process = this.#process;
    const version = (this.#committed.get(name) ?? 0) + 1;
    this.#committed.set(name, version);
    await this.#step("commit reaches the catalog's main thread");
    if (process !== this.#process) return undefined;
    this.#published.set(name, version);
    this.#send({ kind: "stocks", stocks: [stateOf(name, version)] });
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
    this.#send({ kind: "heartbeat", incarnation: 1, changes: 0 });
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
    this.received = undefined;
    await this.#step("feed is opened again");
    await this.connect();
  }

  /** Crashes and restarts: commits stay; what was in flight, and events that were not sent, are lost. */
  async restart(): Promise<void> {
    this.#process += 1;
    this.#published = new Map(this.#committed);
    await this.cut();
  }

  #send(event: CatalogEvent): void {
    const connection = this.#connection;
    if (!connection || connection.isCut) return;
    connection.pipe.push({ event, versions: new Map(this.#published) });
    void this.#step("feed arrives").then(() => this.#receive(connection));
  }

  #receive(connection: Connection): void {
    const sent = connection.pipe.shift();
    if (!sent) return;
    if (!connection.isUp) this.#handlers.onUp();
    connection.isUp = true;
    this.received = sent.versions;
    this.#onReceived();
    this.#handlers.onEvent(sent.event);
  }

  #step(label: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), label);
  }
}

/** The state has its version in two fields, so that a body made of two states is detected. */
function stateOf(name: string, version: number): StockState {
  return { name, price_cents: 1600, quantity: version * 10, volume: version, status: "open", version };
}
