import { join } from "node:path";

import pino from "pino";

import { openReader, openWriter } from "../../db/sqlite/open.ts";

import { createApp as createCatalog } from "../../services/catalog/app.ts";
import type { LocalCatalog } from "../../services/catalog/catalog.ts";
import { composeCatalog } from "../../services/catalog/compose.ts";
import { CatalogStore } from "../../services/catalog/store.ts";
import { InlineWriter } from "../../services/catalog/writer/inline.ts";
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
import { systemClock } from "../../services/runtime/flow/clock.ts";
import { readEnv } from "../../services/runtime/process/env.ts";
import { onDisk, type DiskState } from "./disk.ts";
import type { Handle } from "./network.ts";
import type { SimProcess } from "./scheduler.ts";
import { SharedApp, unwrapped, wrappedLike } from "./shared-app.ts";
import { throughScheduler, WriterQueue, type Waits } from "./waits.ts";

export type ServiceName = "catalog" | "order" | "frontend";

/** A service as it runs in a simulated process. */
export interface Running {
  handle: Handle;
  /** What still keeps it from its work. */
  missing(): string | undefined;
  /** Lets go of its files as they are. */
  close(): void;
}

export interface Surroundings {
  process: SimProcess;
  waits: Waits;
  /** Where its database is; a frontend has none. */
  folder: string;
  diskState(): DiskState;
  settings: Settings;
}

/** What differs from schedule to schedule. */
export interface Settings {
  orderTimeoutMs: number;
  batchMax: number;
  maxQueued: number;
}

const log = pino({ level: "silent" });

const catalogApp = new SharedApp<{ catalog: LocalCatalog }>(({ catalog }) => createCatalog(catalog, log));
const orderApp = new SharedApp<OrderAppDeps>((deps) => createOrder(deps, log));
const frontendApp = new SharedApp<FrontendDeps>((deps) => unwrapped(createFrontend(deps, log)));

/**
 * The same parts as in each service's main.ts, without a port, a thread, a signal or a lock: no other process has these
 * folders. Their databases are of the newest version already.
 */
export const services: Record<ServiceName, (surroundings: Surroundings) => Running> = {
  catalog({ folder, process, waits, diskState }) {
    const path = join(folder, "catalog.db");
    const connection = openWriter(path, { synchronous: "FULL" });
    const writer = new InlineWriter(new CatalogWriter(onDisk(connection, diskState)), {
      clock: systemClock,
      // Such an order is answered internal_error, which the trader's checks find.
      onFailedOrder: () => undefined,
      onCrash(error) {
        waits.scheduler.uncaught.push(`${process.name}: ${String(error)}`);
        process.end("crashed");
      },
    });
    const store = new CatalogStore(openReader(path));
    const reads = throughScheduler(store, process, waits);
    const thread = new WriterQueue(process, waits);
    const { catalog } = composeCatalog({
      reads,
      writes: {
        acquireEpoch: (request) => thread.run(() => writer.acquireEpoch(request)),
        decideJson: (requestJson) => thread.run(() => writer.decideJson(requestJson)),
        decide: (request) => thread.run(() => writer.decide(request)),
        close: () => writer.close(),
      },
      context: { clock: systemClock },
    });
    const handle = catalogApp.of(process, waits.scheduler, { catalog });
    return {
      handle,
      missing: () => undefined,
      close() {
        void store.close();
        connection.close();
      },
    };
  },

  order({ folder, process, waits, diskState, settings }) {
    const writer = openWriter(join(folder, "order.db"), { synchronous: "NORMAL" });
    const ledger = throughScheduler(new LedgerStore(onDisk(writer, diskState)), process, waits);
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
    const handle = orderApp.of(process, waits.scheduler, {
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

  frontend({ process, waits, settings }) {
    const config = { ...frontendConfig(readEnv({})), ...settings };
    const peers = peersAt("http://catalog", "http://order");
    const { app, feeds, submitter, cache, ...parts } = composeFrontend(config, peers, log);
    const lookup = new StockLookup(peers, cache, config.cache.isOn);
    const orders = new OrderEntry(submitter);
    const inner = frontendApp.of(process, waits.scheduler, { ...parts, peers, lookup, orders });
    feeds.start();
    return { handle: wrappedLike(app, inner), missing: () => undefined, close: () => undefined };
  },
};
