import { replyOf, type BatchReply } from "../../contract/batch-reply.ts";
import type { EpochRequest, Market } from "../../contract/market.ts";
import type { BatchRequest } from "../../contract/order.ts";
import { ok, type Reply } from "../../contract/reply.ts";
import type { Clock } from "../../runtime/flow/clock.ts";
import type { CatalogDecisions } from "../catalog.ts";
import { decideBatch, decideJson, type DecidedJson, type OnUnexpected } from "./decide-batch.ts";
import { failedOrderOf, type OnFailedOrder } from "./failed-order.ts";
import { grantEpoch } from "./grant-epoch.ts";
import type { CatalogWriter } from "./store.ts";

export interface InlineWriterOptions {
  clock: Pick<Clock, "wallTime">;
  onFailedOrder: OnFailedOrder;
  /** An error after which the process must end: what is committed is not known. The call rejects with it, too. */
  onCrash(error: unknown): void;
}

/**
 * The catalog's decisions on the calling thread, which each call blocks until its commit: for a market in memory and
 * for the simulation.
 */
export class InlineWriter implements CatalogDecisions {
  readonly #writer: CatalogWriter;
  readonly #options: InlineWriterOptions;
  readonly #onUnexpected: OnUnexpected;

  constructor(writer: CatalogWriter, options: InlineWriterOptions) {
    this.#writer = writer;
    this.#options = options;
    this.#onUnexpected = (error, order) => options.onFailedOrder(failedOrderOf(error, order));
  }

  async acquireEpoch(request: EpochRequest): Promise<Reply<Market>> {
    return this.#run(() => grantEpoch(() => this.#writer.acquireEpoch(request)));
  }

  async decideJson(requestJson: string): Promise<Reply<DecidedJson>> {
    return this.#run((at) => decideJson(this.#writer, requestJson, at, this.#onUnexpected));
  }

  async decide(request: BatchRequest): Promise<Reply<BatchReply>> {
    const decided = this.#run((at) => decideBatch(this.#writer, request, at, this.#onUnexpected));
    return decided.ok ? ok(replyOf(decided.data)) : decided;
  }

  async close(): Promise<void> {
    this.#writer.checkpoint();
    this.#writer.close();
  }

  #run<T>(call: (at: number) => T): T {
    try {
      return call(this.#options.clock.wallTime());
    } catch (error) {
      this.#options.onCrash(error);
      throw error;
    }
  }
}
