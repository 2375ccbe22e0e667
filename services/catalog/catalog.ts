import type { Catalog, CatalogReads, CatalogWrites } from "../contract/catalog.ts";
import type { CatalogEvent } from "../contract/feed.ts";
import { ok, type Reply } from "../contract/reply.ts";
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
}

/**
 * The catalog in this process: the reads as they are, and the decisions, which are published on the feed. It is the one
 * place that publishes, so every call that changes a stock goes through it. `reads` is spread: its methods must be its
 * own, not a prototype's, and must not use `this`.
 */
export function localCatalog(
  reads: CatalogReads,
  decisions: CatalogDecisions,
  feed: Broadcast<CatalogEvent>,
): LocalCatalog {
  const publish = (stocks: StockState[]): void => {
    if (stocks.length > 0) feed.publish({ kind: "stocks", stocks });
  };
  const decide: CatalogWrites["decide"] = async (request) => {
    const decided = await decisions.decide(request);
    if (decided.ok) publish(decided.data.stocks);
    return decided;
  };
  return {
    ...reads,
    feed,
    isReady: async () => true,
    // Changes no stock, so nothing is published.
    acquireEpoch: (request) => decisions.acquireEpoch(request),
    decide: (request, signal) => untilAborted(decide(request), signal),
    async decideJson(requestJson) {
      const decided = await decisions.decideJson(requestJson);
      if (!decided.ok) return decided;
      publish(decided.data.stocks);
      return ok(decided.data.json);
    },
  };
}
