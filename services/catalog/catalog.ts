import type { DatabaseFile } from "../../db/sqlite/database-file.ts";
import type { Catalog, CatalogReads, CatalogWrites } from "../contract/catalog.ts";
import type { CatalogEvent } from "../contract/feed.ts";
import { ok, rejected, type Reply } from "../contract/reply.ts";
import type { StockState } from "../contract/stock.ts";
import type { Broadcast } from "../runtime/feed/broadcast.ts";
import { untilAborted } from "../runtime/flow/until-aborted.ts";
import type { DecidedJson } from "./writer/decide-batch.ts";

/** The catalog's decisions, on whichever thread they are made. Calls are carried out in their order. */
export interface CatalogDecisions extends CatalogWrites {
  /** As `decide`; request and reply are the JSON of a BatchRequest and of a BatchReply. */
  decideJson(requestJson: string): Promise<Reply<DecidedJson>>;
  /** Waits for the calls under way. The last call. */
  close(): Promise<void>;
}

export interface LocalCatalog extends Catalog {
  readonly feed: Broadcast<CatalogEvent>;
  /**
   * As `decide`, for a request as text: it is parsed on the writer's thread only, and the reply is the JSON of
   * a BatchReply.
   */
  decideJson(requestJson: string): Promise<Reply<string>>;
  /** What keeps orders from being decided here, or undefined. */
  notReadyReason(): string | undefined;
}

type CheckedFile = Pick<DatabaseFile, "problem" | "lastingProblem">;

/**
 * The catalog in this process: the reads as they are, and the decisions, which are published on the feed. It is the one
 * place that publishes, so every call that changes a stock goes through it. `reads` is spread: its methods must be its
 * own, not a prototype's, and must not use `this`.
 *
 * No decision is acknowledged or published while the database `file` is not the one at its path. The batch that finds this
 * out is answered as one whose reply was lost: the file, wherever it is, may hold it. Later batches are not decided.
 */
export function localCatalog(
  reads: CatalogReads,
  decisions: CatalogDecisions,
  feed: Broadcast<CatalogEvent>,
  file?: CheckedFile,
): LocalCatalog {
  const acknowledged = async <T>(write: () => Promise<Reply<T>>): Promise<Reply<T>> => {
    if (file?.lastingProblem() !== undefined) return rejected("unavailable");
    const reply = await write();
    return reply.ok && file?.problem() !== undefined ? { ok: false, arrived: "maybe" } : reply;
  };
  const published = async <T extends { stocks: StockState[] }>(
    write: () => Promise<Reply<T>>,
  ): Promise<Reply<T>> => {
    const reply = await acknowledged(write);
    if (reply.ok && reply.data.stocks.length > 0) feed.publish({ kind: "stocks", stocks: reply.data.stocks });
    return reply;
  };
  const notReadyReason = () => file?.problem();
  return {
    ...reads,
    feed,
    notReadyReason,
    isReady: async () => notReadyReason() === undefined,
    // Changes no stock, so nothing is published.
    acquireEpoch: (request) => acknowledged(() => decisions.acquireEpoch(request)),
    decide: (request, signal) =>
      untilAborted(
        published(() => decisions.decide(request)),
        signal,
      ),
    async decideJson(requestJson) {
      const decided = await published(() => decisions.decideJson(requestJson));
      return decided.ok ? ok(decided.data.json) : decided;
    },
  };
}
