import { Worker } from "node:worker_threads";

import type { Reply } from "../../contract/reply.ts";
import type { EpochRequest, Market } from "../../contract/market.ts";
import type { DecidedJson } from "./decide-json.ts";
import type { WriterReply, WriterTask } from "./messages.ts";

/** The writer as the rest of the catalog sees it: its methods, each one whole transaction, on a thread of its own. */
export class WriterThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #lastId = 0;

  /** `onCrash` is told of anything that the writer's thread did not survive. */
  constructor(databasePath: string, onCrash: (error: unknown) => void) {
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: databasePath });
    this.#worker.on("message", ({ id, result }: WriterReply) => {
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
    this.#worker.on("error", onCrash);
  }

  acquireEpoch(follower: EpochRequest): Promise<Reply<Market>> {
    return this.#call({ method: "acquireEpoch", follower });
  }

  decide(requestJson: string): Promise<Reply<DecidedJson>> {
    return this.#call({ method: "decide", requestJson });
  }

  /** Answers what is queued, checkpoints, closes. */
  async close(): Promise<void> {
    await this.#call<undefined>({ method: "close" });
    await this.#worker.terminate();
  }

  #call<T>(task: WriterTask): Promise<T> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, (result) => resolve(result as T));
      this.#worker.postMessage({ id, ...task });
    });
  }
}
