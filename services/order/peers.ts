import { treaty } from "@elysiajs/eden";

import type { App as CatalogApp } from "../catalog/app.ts";
import type { CatalogHeads } from "../contract/heads.ts";
import { limits } from "../contract/limits.ts";
import type { Follower, Market } from "../contract/market.ts";
import type { BatchReply, BatchRequest } from "../contract/order.ts";
import type { Trade } from "../contract/trade.ts";
import { callPeer, type PeerReply } from "../runtime/peer.ts";
import { treatyOptions } from "../runtime/treaty-options.ts";

/** The catalog as the order service calls it. */
export interface CatalogPeer {
  takeEpoch(follower: Follower): Promise<PeerReply<Market>>;
  decide(request: BatchRequest, signal: AbortSignal): Promise<PeerReply<BatchReply>>;
  /** A page of the trade log after number `after`. */
  trades(after: number): Promise<PeerReply<{ trades: Trade[] }>>;
  heads(): Promise<PeerReply<CatalogHeads>>;
  isReady(): Promise<boolean>;
}

const callTimeoutMs = 2_000;

export function catalogPeer(target: string | CatalogApp, serviceSecret?: string): CatalogPeer {
  const catalog = treaty<CatalogApp>(target, treatyOptions(serviceSecret));
  const within = (signal?: AbortSignal) => {
    const timeout = AbortSignal.timeout(callTimeoutMs);
    return { fetch: { signal: signal ? AbortSignal.any([timeout, signal]) : timeout } };
  };
  return {
    takeEpoch: (follower) => callPeer(catalog.epochs.post(follower, within())),
    decide: (request, signal) => callPeer(catalog.batches.post(request, within(signal))),
    trades: (after) =>
      callPeer(catalog.trades.get({ query: { after, limit: limits.pageItems }, ...within() })),
    heads: () => callPeer(catalog.heads.get(within())),
    isReady: async () => (await callPeer(catalog.readyz.get(within()))).ok,
  };
}
