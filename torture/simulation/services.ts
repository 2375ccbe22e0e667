import { join } from "node:path";

import pino from "pino";

import { openWriter } from "../../db/sqlite/open.ts";

import { createApp as createCatalog } from "../../services/catalog/app.ts";
import type { CatalogDeps } from "../../services/catalog/routes.ts";
import { catalogFeed } from "../../services/catalog/feed.ts";
import { CatalogStore } from "../../services/catalog/store.ts";
import { decideJson } from "../../services/catalog/writer/decide-json.ts";
import { grantEpoch } from "../../services/catalog/writer/grant-epoch.ts";
import { CatalogWriter } from "../../services/catalog/writer/store.ts";
import { createApp as createFrontend } from "../../services/frontend/app.ts";
import { frontendConfig } from "../../services/frontend/config.ts";
import { OrderEntry } from "../../services/frontend/order-entry.ts";
import { peersAt } from "../../services/frontend/peers.ts";
import type { FrontendDeps } from "../../services/frontend/routes.ts";
import { StockLookup } from "../../services/frontend/stock-lookup.ts";
import { composeFrontend } from "../../services/frontend/compose.ts";
import { createApp as createOrder, type AppDeps as OrderAppDeps } from "../../services/order/app.ts";
import { OrderIntake } from "../../services/order/intake.ts";
import { ledgerFeed } from "../../services/order/feed.ts";
import { Follower } from "../../services/order/follower.ts";
import { catalogPeer } from "../../services/order/peers.ts";
import { LedgerStore } from "../../services/order/store.ts";
import type { Clock } from "../../services/runtime/flow/clock.ts";
import { readEnv } from "../../services/runtime/process/env.ts";
import { onDisk, type DiskState } from "./disk.ts";
import type { Fetch, Handle } from "./network.ts";
import type { SimProcess } from "./scheduler.ts";
import { SharedApp, unwrapped, wrappedLike } from "./shared-app.ts";
import { WriterThread, withLatency, type Latency } from "./store-latency.ts";

export type ServiceName = "catalog" | "order" | "frontend";

/** A service that runs in a simulated process. */
export interface RunningService {
  handle: Handle;
  /** Why it is not ready. */
  missing(): string | undefined;
  /** Closes its files as they are. */
  close(): void;
}

export interface InstanceOptions {
  process: SimProcess;
  clock: Clock;
  fetch: Fetch;
  latency: Latency;
  /** The folder of its database; a frontend has none. */
  folder: string;
  diskState(): DiskState;
  settings: Settings;
}

/** Drawn once for each schedule. */
export interface Settings {
  orderTimeoutMs: number;
  batchMax: number;
  maxQueued: number;
}

const log = pino({ level: "silent" });

const catalogApp = new SharedApp<CatalogDeps>((deps) => createCatalog(deps, log));
const orderApp = new SharedApp<OrderAppDeps>((deps) => createOrder(deps, log));
const frontendApp = new SharedApp<FrontendDeps>((deps) => unwrapped(createFrontend(deps, log)));

/**
 * The parts of each service, without a port, a thread, a signal or a lock: no other process has these folders. Their
 * databases are of the newest version already.
 */
export const services: Record<ServiceName, (options: InstanceOptions) => RunningService> = {
  catalog({ folder, process, latency, diskState }) {
    const path = join(folder, "catalog.db");
    const connection = openWriter(path, { synchronous: "FULL" });
    const writer = new CatalogWriter(onDisk(connection, diskState));
    const store = new CatalogStore(path);
    const reads = withLatency(store, process, latency);
    const thread = new WriterThread(process, latency);
    const handle = catalogApp.of(process, latency.scheduler, {
      reads,
      feed: catalogFeed(reads),
      writes: {
        acquireEpoch: (follower) => thread.run(() => grantEpoch(() => writer.acquireEpoch(follower))),
        decide: (requestJson) => thread.run(() => decideJson(writer, requestJson, Date.now())),
      },
    });
    return {
      handle,
      missing: () => undefined,
      close() {
        void store.close();
        connection.close();
      },
    };
  },

  order({ folder, process, latency, diskState, settings }) {
    const writer = openWriter(join(folder, "order.db"), { synchronous: "NORMAL" });
    const ledger = withLatency(new LedgerStore(onDisk(writer, diskState)), process, latency);
    const catalog = catalogPeer("http://catalog");
    const follower = new Follower({
      ledger,
      catalog,
      log,
      onAppended: (number) => feed.publish({ kind: "head", trades: number }),
      onFenced: () => process.end("fenced"),
    });
    const feed = ledgerFeed(ledger, () => follower.isComplete);
    const desk = new OrderIntake(follower, settings);
    const handle = orderApp.of(process, latency.scheduler, {
      desk,
      ledger,
      feed,
      isComplete: () => follower.isComplete,
      hasNoTrade: (number) => follower.hasNoTrade(number),
      missing: async () =>
        follower.missing ?? ((await catalog.isReady()) ? undefined : "the catalog cannot be reached"),
    });
    follower.start();
    return {
      handle,
      missing: () => follower.missing,
      close: () => writer.close(),
    };
  },

  frontend({ process, latency, settings }) {
    const config = { ...frontendConfig(readEnv({})), ...settings };
    const peers = peersAt("http://catalog", "http://order");
    const { app, feeds, submitter, cache, ...parts } = composeFrontend(config, peers, log);
    const lookup = new StockLookup(peers, cache, config.cache.isOn);
    const orders = new OrderEntry(submitter);
    const inner = frontendApp.of(process, latency.scheduler, { ...parts, peers, lookup, orders });
    feeds.start();
    return { handle: wrappedLike(app, inner), missing: () => undefined, close: () => undefined };
  },
};
