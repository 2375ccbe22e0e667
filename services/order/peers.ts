import { treaty } from "@elysiajs/eden";

import type { App as CatalogApp } from "../catalog/app.ts";
import type { Catalog } from "../contract/catalog.ts";
import type { Reply } from "../contract/reply.ts";
import type { RuntimeContext } from "../runtime/context.ts";
import { systemClock } from "../runtime/flow/clock.ts";
import { withDeadline } from "../runtime/flow/deadline.ts";
import { callPeer, type TreatyReply } from "../runtime/http/peer.ts";
import { treatyOptions } from "../runtime/http/treaty-options.ts";

/** What the order service uses of the catalog. */
export type CatalogPeer = Pick<Catalog, "acquireEpoch" | "decide" | "trades" | "heads" | "isReady">;

const callTimeoutMs = 2_000;

/** The catalog at a URL, or an app in this process. Each call ends within two seconds. */
export function catalogPeer(
  target: string | CatalogApp,
  serviceSecret?: string,
  { clock = systemClock, fetch }: Partial<Pick<RuntimeContext, "clock" | "fetch">> = {},
): CatalogPeer {
  const catalog = treaty<CatalogApp>(target, treatyOptions(serviceSecret, fetch));
  const inTime = <T>(
    call: (options: { fetch: { signal: AbortSignal } }) => Promise<TreatyReply<T>>,
    earlier?: AbortSignal,
  ): Promise<Reply<T>> =>
    withDeadline(callTimeoutMs, earlier, (signal) => callPeer(call({ fetch: { signal } })), clock);
  return {
    acquireEpoch: (request) => inTime((options) => catalog.epochs.post(request, options)),
    decide: (request, signal) => inTime((options) => catalog.batches.post(request, options), signal),
    trades: (after, limit) =>
      inTime((options) => catalog.trades.get({ query: { after, limit }, ...options })),
    heads: () => inTime((options) => catalog.heads.get(options)),
    isReady: async () => (await inTime((options) => catalog.readyz.get(options))).ok,
  };
}
