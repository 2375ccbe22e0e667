import { treaty } from "@elysiajs/eden";

import type { App as CatalogApp } from "../catalog/app.ts";
import type { Catalog } from "../contract/catalog.ts";
import type { Reply } from "../contract/reply.ts";
import type { RuntimeContext } from "../runtime/context.ts";
import { systemClock } from "../runtime/flow/clock.ts";
import { withDeadline } from "../runtime/flow/deadline.ts";
import { peerCaller, type TreatyReply } from "../runtime/http/peer.ts";
import { treatyOptions } from "../runtime/http/treaty-options.ts";

/** What the order service uses of the catalog. */
export type CatalogPeer = Pick<Catalog, "acquireEpoch" | "decide" | "trades" | "heads" | "isReady">;

const callTimeoutMs = 2_000;

/** The catalog at a URL, or an app in this process. Each call ends within two seconds. */
export function catalogPeer(
  target: string | CatalogApp,
  serviceSecret?: string,
  context: Pick<RuntimeContext, "clock" | "fetch" | "observePeer"> = { clock: systemClock },
): CatalogPeer {
  const catalog = treaty<CatalogApp>(target, treatyOptions(serviceSecret, context.fetch));
  const named = peerCaller("catalog", context);
  const call = <T>(
    name: string,
    send: (options: { fetch: { signal: AbortSignal } }) => Promise<TreatyReply<T>>,
    earlier?: AbortSignal,
  ): Promise<Reply<T>> =>
    withDeadline(callTimeoutMs, earlier, (signal) => named(name, send({ fetch: { signal } })), context.clock);
  return {
    acquireEpoch: (request) => call("acquireEpoch", (options) => catalog.epochs.post(request, options)),
    decide: (request, signal) => call("decide", (options) => catalog.batches.post(request, options), signal),
    trades: (after, limit) =>
      call("trades", (options) => catalog.trades.get({ query: { after, limit }, ...options })),
    heads: () => call("heads", (options) => catalog.heads.get(options)),
    isReady: async () => (await call("isReady", (options) => catalog.readyz.get(options))).ok,
  };
}
