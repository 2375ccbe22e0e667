import type { Reply } from "../../services/contract/reply.ts";
import { treaty } from "@elysiajs/eden";

import type { App as CatalogApp } from "../../services/catalog/app.ts";
import type { Trade } from "../../services/contract/trade.ts";
import type { App as OrderApp } from "../../services/order/app.ts";
import { callPeer } from "../../services/runtime/http/peer.ts";
import { treatyOptions } from "../../services/runtime/http/treaty-options.ts";
import { AuditImpossible, type AuditSource } from "./source.ts";

const callTimeoutMs = 2_000;
const retryDelayMs = 200;

export interface LiveSource extends AuditSource {
  /** Whether both services answer right now. */
  answers(): Promise<boolean>;
}

/**
 * The running services' books, read through the calls that they offer each other. A service that is restarted
 * meanwhile is waited for, up to `patienceMs`.
 */
export function liveSource(
  catalogUrl: string,
  orderUrl: string,
  { serviceSecret, patienceMs = 5_000 }: { serviceSecret?: string | undefined; patienceMs?: number } = {},
): LiveSource {
  const options = treatyOptions(serviceSecret);
  const catalog = treaty<CatalogApp>(catalogUrl, options);
  const order = treaty<OrderApp>(orderUrl, options);
  const soon = () => ({ fetch: { signal: AbortSignal.timeout(callTimeoutMs) } });
  const page = (after: number, limit: number) => ({ query: { after, limit }, ...soon() });
  const heads = () => callPeer(catalog.heads.get(soon()));
  const ledgerHead = () => callPeer(order.head.get(soon()));
  const ofCatalog = <T>(call: Call<T>) => patiently("the catalog", call, patienceMs);
  const ofOrder = <T>(call: Call<T>) => patiently("the order service", call, patienceMs);

  return {
    title: "the running market",
    ledgerMayLag: true,
    pace: 15,
    answers: async () => (await Promise.all([heads(), ledgerHead()])).every(({ ok }) => ok),
    heads: () => ofCatalog(heads),
    ledgerHead: () => ofOrder(ledgerHead),
    stocks: async (after, limit) =>
      (await ofCatalog(() => callPeer(catalog.stocks.get({ query: { after, limit }, ...soon() })))).stocks,
    trades: async (after, limit) =>
      (await ofCatalog(() => callPeer(catalog.trades.get(page(after, limit))))).trades,
    changes: async (after, limit) =>
      (await ofCatalog(() => callPeer(catalog.changes.get(page(after, limit))))).changes,
    overlaps: async (after, limit) =>
      (await ofCatalog(() => callPeer(catalog.overlaps.get(page(after, limit))))).numbers,
    async ledger(after, limit) {
      const rows: Trade[] = [];
      let next: number | null = after;
      // The order service ends a page early when it took long, and says where to go on.
      while (next !== null && rows.length < limit) {
        const from: number = next;
        const reply = await ofOrder(() => callPeer(order.ledger.get(page(from, limit - rows.length))));
        rows.push(...reply.trades);
        next = reply.next;
      }
      return rows;
    },
  };
}

type Call<T> = () => Promise<Reply<T>>;

/** Reads are asked again until the service is back. */
async function patiently<T>(who: string, call: Call<T>, patienceMs: number): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const reply = await call();
    if (reply.ok) return reply.data;
    if (reply.arrived === "yes" && reply.reason !== "unavailable")
      throw new AuditImpossible(`${who} refused to be audited: ${reply.reason}`);
    if (performance.now() >= deadline) throw new AuditImpossible(`${who} does not answer`);
    await Bun.sleep(retryDelayMs);
  }
}
