import { liveSource, type AuditedServices } from "../../books/audit/live-source.ts";
import { AuditRunner } from "../../books/audit/runner.ts";
import { feedSilenceMs } from "../contract/feed.ts";
import type { OrderService } from "../contract/order-service.ts";
import type { RuntimeContext } from "../runtime/context.ts";
import type { Handler } from "../runtime/http/host-check.ts";
import { Access } from "./access/access.ts";
import { readKeys } from "./access/keys-file.ts";
import { KeysWatch } from "./access/keys-watch.ts";
import { Admission, type AdmissionLimits } from "./admission.ts";
import { createApp } from "./app.ts";
import type { FrontendConfig } from "./config.ts";
import { changesWithStates } from "./events/change-states.ts";
import { MarketLogs } from "./events/market-logs.ts";
import { Feeds } from "./feeds.ts";
import { allowOrigins } from "./cors.ts";
import { OrderGateway } from "./orders/gateway.ts";
import type { ReadableCatalog } from "./peers.ts";
import { orderPaths } from "./routes/orders.ts";
import { cachedStockReplies, stockPathPrefix } from "./routes/stocks.ts";
import { StockCache } from "./stocks/cache.ts";

interface FrontendParts {
  config: Omit<FrontendConfig, "address">;
  catalog: ReadableCatalog;
  orders: OrderService;
  /** What an audit reads. Default: the same services. Clients of them without bounds do not compete with the lookups. */
  audited?: AuditedServices;
  context: RuntimeContext;
}

const admissionLimits: AdmissionLimits = {
  maxHeaders: 100,
  maxAtOnce: 1_000,
  refusalsPerSecond: 20_000,
  maxRefusalsWaiting: 20_000,
};

/**
 * The parts of a frontend, connected but not started: no port, no feed, no timer. A listener serves
 * the app wrapped in `admit`. Throws KeysFileError.
 */
export function composeFrontend({
  config,
  catalog,
  orders,
  audited = { catalog, order: orders },
  context,
}: FrontendParts) {
  const { clock, log } = context;
  const { apiKeysFile } = config;
  const access = new Access(apiKeysFile === undefined ? undefined : readKeys(apiKeysFile), clock);
  const cache = new StockCache({ ...config.cache, catalog, silenceMs: feedSilenceMs, clock });
  const gateway = new OrderGateway({ orders, cache, context }, config);
  const logs = new MarketLogs(
    {
      trades: (after, limit) => orders.ledgerPage({ after, limit }),
      changes: (after, limit) => changesWithStates(catalog, after, limit),
    },
    clock,
  );
  const feeds = new Feeds({ catalog, orders, cache, logs, context });
  const audits = new AuditRunner(liveSource(audited, { clock }), log, clock);
  const admission = new Admission({
    hasRoom: (count) => gateway.hasRoom(count),
    orderPaths: Object.values(orderPaths),
    cached: { pathPrefix: stockPathPrefix, reply: cachedStockReplies({ access, cache }) },
    limits: admissionLimits,
    clock,
  });
  const deps = { access, admission, audits, cache, catalog, context, gateway, logs, orders };
  let keysWatch: KeysWatch | undefined;

  return {
    ...deps,
    feeds,
    createApp: () => createApp(deps, log),
    /** For Elysia's `wrap`: lets pages of the listed origins in, sheds load, and answers lookups of cached stocks without Elysia. */
    admit: <Answer>(handle: Handler<Answer>) => allowOrigins(config.corsOrigins, admission.admit(handle)),
    start(): void {
      feeds.start();
      if (apiKeysFile !== undefined)
        keysWatch = new KeysWatch(apiKeysFile, (keys) => access.replaceKeys(keys), context);
    },
    /** Ends what would keep a listener from closing: the event streams. No audit starts any more. */
    endStreams(): void {
      keysWatch?.close();
      audits.stop();
      logs.close();
    },
    /** After the listener is closed. */
    async stop(): Promise<void> {
      await gateway.close();
      await feeds.stop();
    },
  };
}
