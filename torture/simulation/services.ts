import { join } from "node:path";

import pino from "pino";

import { openReader, openWriter } from "../../db/sqlite/open.ts";

import { createApp as createCatalog } from "../../services/catalog/app.ts";
import type { LocalCatalog } from "../../services/catalog/catalog.ts";
import { composeCatalog } from "../../services/catalog/compose.ts";
import { CatalogStore } from "../../services/catalog/store.ts";
import { InlineWriter } from "../../services/catalog/writer/inline.ts";
import { CatalogWriter } from "../../services/catalog/writer/store.ts";
import { createApp as createFrontend, type FrontendDeps } from "../../services/frontend/app.ts";
import { frontendConfig } from "../../services/frontend/config.ts";
import {
  boundedCatalog,
  boundedOrders,
  catalogPeer as catalogReadsPeer,
  orderPeer,
} from "../../services/frontend/peers.ts";
import { composeFrontend } from "../../services/frontend/compose.ts";
import { createApp as createOrder } from "../../services/order/app.ts";
import { composeOrder, type OrderServiceParts } from "../../services/order/compose.ts";
import { catalogPeer } from "../../services/order/peers.ts";
import { LedgerStore } from "../../services/order/store.ts";
import type { RuntimeContext } from "../../services/runtime/context.ts";
import { systemClock } from "../../services/runtime/flow/clock.ts";
import { readEnv } from "../../services/runtime/process/env.ts";
import { onDisk, type DiskState } from "./disk.ts";
import type { Handle } from "./network.ts";
import type { SimProcess } from "./scheduler.ts";
import { SharedApp } from "./shared-app.ts";
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
const orderApp = new SharedApp<Pick<OrderServiceParts, "orders" | "missing">>(({ orders, missing }) =>
  createOrder(orders, missing, log),
);
const frontendApp = new SharedApp<FrontendDeps>((deps) => createFrontend(deps, log));

// The global clock and Bun's ids are the simulation's own while a schedule runs.
const context: RuntimeContext = { clock: systemClock, newId: () => Bun.randomUUIDv7(), log };

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
    const service = composeOrder({ ledger, catalog, intake: settings, context });
    const handle = orderApp.of(process, waits.scheduler, service);
    service.start();
    return {
      handle,
      missing: () => service.dispatcher.missing,
      close: () => writer.close(),
    };
  },

  frontend({ process, waits, settings }) {
    const config = { ...frontendConfig(readEnv({})), ...settings };
    const { admit, start, ...parts } = composeFrontend({
      config,
      catalog: boundedCatalog(catalogReadsPeer("http://catalog", undefined, context), context.clock),
      orders: boundedOrders(orderPeer("http://order", undefined, context), context.clock),
      context,
    });
    const inner = frontendApp.of(process, waits.scheduler, parts);
    start();
    return { handle: admit(inner), missing: () => undefined, close: () => undefined };
  },
};
