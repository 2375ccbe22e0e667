import type { BatchReply } from "../contract/batch-reply.ts";
import type { Catalog, CatalogReads, CatalogWrites } from "../contract/catalog.ts";
import type { CatalogEvent } from "../contract/feed.ts";
import type { EpochRequest, Market } from "../contract/market.ts";
import type { BatchRequest } from "../contract/order.ts";
import { ok, type Reply } from "../contract/reply.ts";
import type { StockState } from "../contract/stock.ts";
import type { Broadcast } from "../runtime/feed/broadcast.ts";
import { untilAborted } from "../runtime/flow/until-aborted.ts";
import type { DecidedJson } from "./writer/decide-json.ts";

/** The catalog's decisions, on whichever thread they are made. Calls are carried out in their order. */
export interface CatalogDecisions extends CatalogWrites {
  /** As `decide`; request and reply are the JSON of a BatchRequest and of a BatchReply. */
  decideJson(requestJson: string): Promise<Reply<DecidedJson>>;
  /** Waits for the calls under way. The last call. */
  close(): Promise<void>;
}

/**
 * The catalog in this process: reads committed state, decides, and publishes on its feed what was decided. It is the
 * one place that publishes, so every call that changes a stock goes through it.
 */
export class LocalCatalog implements Catalog {
  readonly feed: Broadcast<CatalogEvent>;
  readonly #reads: CatalogReads;
  readonly #decisions: CatalogDecisions;

  constructor(reads: CatalogReads, decisions: CatalogDecisions, feed: Broadcast<CatalogEvent>) {
    this.#reads = reads;
    this.#decisions = decisions;
    this.feed = feed;
  }

  stock(name: string): ReturnType<CatalogReads["stock"]> {
    return this.#reads.stock(name);
  }

  stocks(after: string, limit: number): ReturnType<CatalogReads["stocks"]> {
    return this.#reads.stocks(after, limit);
  }

  trades(after: number, limit: number): ReturnType<CatalogReads["trades"]> {
    return this.#reads.trades(after, limit);
  }

  changes(after: number, limit: number): ReturnType<CatalogReads["changes"]> {
    return this.#reads.changes(after, limit);
  }

  stockChanges(after: number, limit: number): ReturnType<CatalogReads["stockChanges"]> {
    return this.#reads.stockChanges(after, limit);
  }

  overlaps(after: number, limit: number): ReturnType<CatalogReads["overlaps"]> {
    return this.#reads.overlaps(after, limit);
  }

  heads(): ReturnType<CatalogReads["heads"]> {
    return this.#reads.heads();
  }

  /** Changes no stock, so nothing is published. */
  acquireEpoch(request: EpochRequest): Promise<Reply<Market>> {
    return this.#decisions.acquireEpoch(request);
  }

  decide(request: BatchRequest, signal?: AbortSignal): Promise<Reply<BatchReply>> {
    return untilAborted(this.#decide(request), signal);
  }

  /**
   * As `decide`, for a request as text: it is parsed on the writer's thread only, and the reply is the JSON of
   * a BatchReply.
   */
  async decideJson(requestJson: string): Promise<Reply<string>> {
    const decided = await this.#decisions.decideJson(requestJson);
    if (!decided.ok) return decided;
    this.#publish(decided.data.stocks);
    return ok(decided.data.json);
  }

  async isReady(): Promise<boolean> {
    return true;
  }

  async #decide(request: BatchRequest): Promise<Reply<BatchReply>> {
    const decided = await this.#decisions.decide(request);
    if (decided.ok) this.#publish(decided.data.stocks);
    return decided;
  }

  #publish(stocks: StockState[]): void {
    if (stocks.length > 0) this.feed.publish({ kind: "stocks", stocks });
  }
}
