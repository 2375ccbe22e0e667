import type { CatalogReads } from "../../services/contract/catalog.ts";
import type { LedgerQuery, OrderService } from "../../services/contract/order-service.ts";
import type { Reply } from "../../services/contract/reply.ts";
import type { Trade } from "../../services/contract/trade.ts";
import { systemClock, type Clock } from "../../services/runtime/flow/clock.ts";
import { AuditImpossible, type AuditSource } from "./source.ts";

const retryDelayMs = 200;

/** What an audit calls of the services: objects in this process, or clients of services in others. */
export interface AuditedServices {
  catalog: Pick<CatalogReads, "heads" | "stocks" | "trades" | "changes" | "overlaps">;
  order: Pick<OrderService, "head" | "ledgerPage">;
}

export interface LiveSource extends AuditSource {
  /** Whether both services answer right now. */
  answers(): Promise<boolean>;
}

export interface LiveSourceOptions {
  /** For how long a call is repeated while its service does not answer, for example because it restarts. */
  retryForMs?: number;
  clock?: Clock;
}

/** The books of a running market, read through the calls that its services offer each other. */
export function liveSource(
  { catalog, order }: AuditedServices,
  { retryForMs = 5_000, clock = systemClock }: LiveSourceOptions = {},
): LiveSource {
  const ofCatalog = <T>(call: Call<T>) => retry("the catalog", call, retryForMs, clock);
  const ofOrder = <T>(call: Call<T>) => retry("the order service", call, retryForMs, clock);
  return {
    title: "the running market",
    ledgerMayLag: true,
    restFactor: 15,
    answers: async () => (await Promise.all([catalog.heads(), order.head()])).every(({ ok }) => ok),
    heads: () => ofCatalog(() => catalog.heads()),
    ledgerHead: () => ofOrder(() => order.head()),
    stocks: async (after, limit) => (await ofCatalog(() => catalog.stocks(after, limit))).stocks,
    trades: async (after, limit) => (await ofCatalog(() => catalog.trades(after, limit))).trades,
    changes: async (after, limit) => (await ofCatalog(() => catalog.changes(after, limit))).changes,
    overlaps: async (after, limit) => (await ofCatalog(() => catalog.overlaps(after, limit))).numbers,
    async ledger(after, limit) {
      const rows: Trade[] = [];
      let next: number | null = after;
      // The order service ends a page early when it took long; `next` is the start of the next page.
      while (next !== null && rows.length < limit) {
        const query: LedgerQuery = { after: next, limit: limit - rows.length };
        const page = await ofOrder(() => order.ledgerPage(query));
        rows.push(...page.trades);
        next = page.next;
      }
      return rows;
    },
  };
}

type Call<T> = () => Promise<Reply<T>>;

/** Repeats a read until the service answers. Throws AuditImpossible after `retryForMs`, or when the service refuses. */
async function retry<T>(service: string, call: Call<T>, retryForMs: number, clock: Clock): Promise<T> {
  const deadlineMs = clock.now() + retryForMs;
  for (;;) {
    const reply = await call();
    if (reply.ok) return reply.data;
    if (reply.arrived === "yes" && reply.reason !== "unavailable" && reply.reason !== "overloaded")
      throw new AuditImpossible(`${service} refused to be audited: ${reply.reason}`);
    if (clock.now() >= deadlineMs) throw new AuditImpossible(`${service} does not answer`);
    await clock.sleep(retryDelayMs);
  }
}
