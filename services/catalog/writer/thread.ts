import { Worker } from "node:worker_threads";

import type { BatchReply } from "../../contract/batch-reply.ts";
import type { EpochRequest, Market } from "../../contract/market.ts";
import type { BatchRequest } from "../../contract/order.ts";
import { ok, type Reply } from "../../contract/reply.ts";
import { WorkerCalls } from "../../runtime/process/worker-rpc.ts";
import type { CatalogDecisions } from "../catalog.ts";
import type { DecidedJson } from "./decide-batch.ts";
import type { FailedOrder, OnFailedOrder } from "./failed-order.ts";
import type { WriterMethods } from "./worker.ts";

export interface WriterThreadHandlers {
  /** The thread has ended by an error: the process must end too. */
  onCrash(error: unknown): void;
  onFailedOrder: OnFailedOrder;
}

/** The catalog's decisions on a thread of their own: an fsync blocks that thread and no other. */
export class WriterThread implements CatalogDecisions {
  readonly #worker: WorkerCalls<WriterMethods, FailedOrder>;

  constructor(databasePath: string, { onCrash, onFailedOrder }: WriterThreadHandlers) {
    // Bun finds the module in this form, but not in a compiled executable: there it needs a path from the root.
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: databasePath });
    this.#worker = new WorkerCalls(worker, { onCrash, onNotice: onFailedOrder });
  }

  acquireEpoch(request: EpochRequest): Promise<Reply<Market>> {
    return this.#worker.call("acquireEpoch", request);
  }

  decideJson(requestJson: string): Promise<Reply<DecidedJson>> {
    return this.#worker.call("decideJson", requestJson);
  }

  // Text both ways: a message between threads that is an object is cloned field by field.
  async decide(request: BatchRequest): Promise<Reply<BatchReply>> {
    const decided = await this.decideJson(JSON.stringify(request));
    return decided.ok ? ok(JSON.parse(decided.data.json) as BatchReply) : decided;
  }

  /** Answers the calls that wait, checkpoints, closes the database and ends the thread. */
  async close(): Promise<void> {
    await this.#worker.call("close", undefined);
    await this.#worker.terminate();
  }
}
