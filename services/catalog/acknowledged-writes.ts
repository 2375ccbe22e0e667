import type { DatabaseFile } from "../../db/sqlite/database-file.ts";
import type { BatchReply } from "../contract/batch-reply.ts";
import type { EpochRequest, Market } from "../contract/market.ts";
import type { BatchRequest } from "../contract/order.ts";
import { rejected, type Reply } from "../contract/reply.ts";
import type { CatalogDecisions } from "./catalog.ts";
import type { DecidedJson } from "./writer/decide-json.ts";

/**
 * Decisions of which none is acknowledged while the database file is not the one at its path. The batch that finds this out
 * is answered as one whose reply was lost: the file, wherever it is, may hold it. Later batches are not decided.
 */
export class AcknowledgedWrites implements CatalogDecisions {
  readonly #writes: CatalogDecisions;
  readonly #file: Pick<DatabaseFile, "problem" | "lastingProblem">;

  constructor(writes: CatalogDecisions, file: Pick<DatabaseFile, "problem" | "lastingProblem">) {
    this.#writes = writes;
    this.#file = file;
  }

  acquireEpoch(request: EpochRequest): Promise<Reply<Market>> {
    return this.#acknowledge(() => this.#writes.acquireEpoch(request));
  }

  decide(request: BatchRequest): Promise<Reply<BatchReply>> {
    return this.#acknowledge(() => this.#writes.decide(request));
  }

  decideJson(requestJson: string): Promise<Reply<DecidedJson>> {
    return this.#acknowledge(() => this.#writes.decideJson(requestJson));
  }

  missing(): string | undefined {
    return this.#file.problem();
  }

  close(): Promise<void> {
    return this.#writes.close();
  }

  async #acknowledge<T>(write: () => Promise<Reply<T>>): Promise<Reply<T>> {
    if (this.#file.lastingProblem() !== undefined) return rejected("unavailable");
    const reply = await write();
    return reply.ok && this.#file.problem() !== undefined ? { ok: false, arrived: "maybe" } : reply;
  }
}
