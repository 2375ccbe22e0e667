import type { Reply } from "../contract/reply.ts";
import { treaty } from "@elysiajs/eden";

import type { App as CatalogApp } from "../catalog/app.ts";
import type { BatchReply } from "../contract/batch-reply.ts";
import type { CatalogHeads } from "../contract/heads.ts";
import { limits } from "../contract/limits.ts";
import type { EpochRequest, Market } from "../contract/market.ts";
import type { BatchRequest } from "../contract/order.ts";
import type { Trade } from "../contract/trade.ts";
import { callPeer, type TreatyReply } from "../runtime/http/peer.ts";
import { treatyOptions } from "../runtime/http/treaty-options.ts";
import { withDeadline } from "../runtime/flow/deadline.ts";

/** The catalog as the order service calls it. */
export interface CatalogPeer {
  acquireEpoch(follower: EpochRequest): Promise<Reply<Market>>;
  decide(request: BatchRequest, signal: AbortSignal): Promise<Reply<BatchReply>>;
  /** A page of the trade log after number `after`. */
  trades(after: number): Promise<Reply<{ trades: Trade[] }>>;
  heads(): Promise<Reply<CatalogHeads>>;
  isReady(): Promise<boolean>;
}

const callTimeoutMs = 2_000;

export function catalogPeer(target: string | CatalogApp, serviceSecret?: string): CatalogPeer {
  const catalog = treaty<CatalogApp>(target, treatyOptions(serviceSecret));
  const soon = <T>(
    call: (options: { fetch: { signal: AbortSignal } }) => Promise<TreatyReply<T>>,
    earlier?: AbortSignal,
  ): Promise<Reply<T>> =>
    withDeadline(callTimeoutMs, earlier, (signal) => callPeer(call({ fetch: { signal } })));
  return {
    acquireEpoch: (follower) => soon((options) => catalog.epochs.post(follower, options)),
    decide: (request, signal) => soon((options) => catalog.batches.post(request, options), signal),
    trades: (after) =>
      soon((options) => catalog.trades.get({ query: { after, limit: limits.pageItems }, ...options })),
    heads: () => soon((options) => catalog.heads.get(options)),
    isReady: async () => (await soon((options) => catalog.readyz.get(options))).ok,
  };
}
