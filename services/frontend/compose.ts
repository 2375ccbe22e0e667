import { auditedServicesAt } from "../../books/audit/audited-services.ts";
import { liveSource } from "../../books/audit/live-source.ts";
import { AuditRunner } from "../../books/audit/runner.ts";
import { feedSilenceMs } from "../contract/feed.ts";
import type { Log } from "../runtime/process/log.ts";
import { Access } from "./access/access.ts";
import { readKeys } from "./access/keys-file.ts";
import { createApp } from "./app.ts";
import { StockCache } from "./cache.ts";
import type { FrontendConfig } from "./config.ts";
import { MarketLogs } from "./events/market-logs.ts";
import { Feeds } from "./feeds.ts";
import { OrderEntry } from "./order-entry.ts";
import type { Peers } from "./peers.ts";
import { StockLookup } from "./stock-lookup.ts";
import { Submitter } from "./submitter.ts";

/** The parts of a frontend, connected but not started: no port, no feed, no timer. */
export function composeFrontend(config: Omit<FrontendConfig, "address">, peers: Peers, log: Log) {
  const cache = new StockCache({ maxStocks: config.cache.maxStocks, silenceMs: feedSilenceMs });
  const hub = new MarketLogs({
    trades: async (after) => dataIn(await peers.trades({ after, limit: 1_000 }))?.trades,
    changes: async (after) => dataIn(await peers.stockChanges(after))?.changes,
  });
  const submitter = new Submitter(peers, {
    ...config,
    onReply(submitted, { stocks, outcomes }) {
      for (const stock of stocks) cache.apply(stock);
      // A replayed trade comes without its stock's state.
      for (const [index, { name }] of submitted.entries()) {
        const outcome = outcomes[index];
        if (outcome?.kind === "traded") cache.seen(name, outcome.fill.stock_version);
      }
    },
  });
  const lookup = new StockLookup(peers, cache, config.cache.isOn);
  const orders = new OrderEntry(submitter);
  const { catalogUrl, orderUrl, serviceSecret } = config;
  const access = new Access(config.apiKeysFile === undefined ? undefined : readKeys(config.apiKeysFile));
  const audited = auditedServicesAt(catalogUrl, orderUrl, serviceSecret);
  const audits = new AuditRunner(liveSource(audited), log);
  const app = createApp({ access, audits, peers, lookup, orders, hub }, log);
  return { app, access, audits, submitter, cache, hub, feeds: new Feeds(peers, cache, hub, log) };
}

function dataIn<T>(reply: { ok: true; data: T } | { ok: false }): T | undefined {
  return reply.ok ? reply.data : undefined;
}
