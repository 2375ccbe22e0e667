import { treaty } from "@elysiajs/eden";

import type { App as CatalogApp } from "../../services/catalog/app.ts";
import type { App as OrderApp } from "../../services/order/app.ts";
import { callPeer } from "../../services/runtime/http/peer.ts";
import { treatyOptions } from "../../services/runtime/http/treaty-options.ts";
import type { AuditedServices } from "./live-source.ts";

const callTimeoutMs = 2_000;

/** The services of a running market as clients over the network. */
export function auditedServicesAt(
  catalogUrl: string,
  orderUrl: string,
  serviceSecret?: string,
): AuditedServices {
  const options = treatyOptions(serviceSecret);
  const catalog = treaty<CatalogApp>(catalogUrl, options);
  const order = treaty<OrderApp>(orderUrl, options);
  const call = () => ({ fetch: { signal: AbortSignal.timeout(callTimeoutMs) } });
  const page = (after: number, limit: number) => ({ query: { after, limit }, ...call() });
  return {
    catalog: {
      heads: () => callPeer(catalog.heads.get(call())),
      stocks: (after, limit) => callPeer(catalog.stocks.get({ query: { after, limit }, ...call() })),
      trades: (after, limit) => callPeer(catalog.trades.get(page(after, limit))),
      changes: (after, limit) => callPeer(catalog.changes.get(page(after, limit))),
      overlaps: (after, limit) => callPeer(catalog.overlaps.get(page(after, limit))),
    },
    order: {
      head: () => callPeer(order.head.get(call())),
      ledgerPage: ({ after, limit }) => callPeer(order.ledger.get(page(after, limit))),
    },
  };
}
