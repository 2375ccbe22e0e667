import { replyOf, type BatchReply } from "../../contract/batch-reply.ts";
import type { EpochRequest, Market } from "../../contract/market.ts";
import type { BatchRequest } from "../../contract/order.ts";
import { ok, type Reply } from "../../contract/reply.ts";
import type { Clock } from "../../runtime/flow/clock.ts";
import type { CatalogDecisions } from "../catalog.ts";
import { decideBatch, type OnUnexpected } from "./decide-batch.ts";
import { decideJson, type DecidedJson } from "./decide-json.ts";
import { failedOrderOf, type OnFailedOrder } from "./failed-order.ts";
import { grantEpoch } from "./grant-epoch.ts";
import type { CatalogWriter } from "./store.ts";

/**
 * The catalog's decisions on the calling thread, which each call blocks until its commit: for a market in memory and
 * for the simulation. A call rejects with an error after which the process must end.
 */
export class InlineWriter implements CatalogDecisions {
  readonly #writer: CatalogWriter;
  readonly #clock: Clock;
  readonly #onUnexpected: OnUnexpected;

  constructor(writer: CatalogWriter, clock: Clock, onFailedOrder: OnFailedOrder) {
    this.#writer = writer;
    this.#clock = clock;
    this.#onUnexpected = (error, order) => onFailedOrder(failedOrderOf(error, order));
  }

  async acquireEpoch(request: EpochRequest): Promise<Reply<Market>> {
    return grantEpoch(() => this.#writer.acquireEpoch(request));
  }

  async decideJson(requestJson: string): Promise<Reply<DecidedJson>> {
    return decideJson(this.#writer, requestJson, this.#clock.wallTime(), this.#onUnexpected);
  }

  async decide(request: BatchRequest): Promise<Reply<BatchReply>> {
    const decided = decideBatch(this.#writer, request, this.#clock.wallTime(), this.#onUnexpected);
    return decided.ok ? ok(replyOf(decided.data)) : decided;
  }

  async close(): Promise<void> {
    this.#writer.checkpoint();
    this.#writer.close();
  }
}
