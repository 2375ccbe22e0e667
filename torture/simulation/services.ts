import { join } from "node:path";

import { openReader, openWriter } from "../../db/sqlite/open.ts";

import { createApp as createCatalog } from "../../services/catalog/app.ts";
import type { LocalCatalog } from "../../services/catalog/catalog.ts";
import { composeCatalog } from "../../services/catalog/compose.ts";
import { catalogStore } from "../../services/catalog/store.ts";
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
import { readEnv } from "../../services/runtime/process/env.ts";
import { onDisk, type DiskState } from "./disk.ts";
import type { Handle } from "./network.ts";
import type { SimProcess } from "./scheduler.ts";
import { SharedApp } from "./shared-app.ts";
import { silentLog } from "./sim-context.ts";
import { WriterThread, withLatency, type Latency } from "./store-latency.ts";

export type ServiceName = "catalog" | "order" | "frontend";

/** A service that runs in a simulated process. */
export interface RunningService {
  handle: Handle;
  /** Why it is not ready. */
  notReadyReason(): string | undefined;
  /** Closes its files as they are. */
  close(): void;
}

export interface InstanceOptions {
  process: SimProcess;
  context: RuntimeContext;
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

const catalogApp = new SharedApp<{ catalog: LocalCatalog }>(({ catalog }) =>
  createCatalog(catalog, silentLog),
);
const orderApp = new SharedApp<Pick<OrderServiceParts, "orders" | "notReadyReason">>(
  ({ orders, notReadyReason }) => createOrder(orders, notReadyReason, silentLog),
);
const frontendApp = new SharedApp<FrontendDeps>((deps) => createFrontend(deps, silentLog));

/**
 * The parts of each service, without a port, a thread, a signal or a lock: no other process has these folders. Their
 * databases are of the newest version already.
 */
export const services: Record<ServiceName, (options: InstanceOptions) => RunningService> = {
  catalog({ folder, process, context, latency, diskState }) {
    const path = join(folder, "catalog.db");
    const connection = openWriter(path, { synchronous: "FULL" });
    const writer = new InlineWriter(new CatalogWriter(onDisk(connection, diskState)), {
      clock: context.clock,
      // Such an order is answered internal_error, which the trader's checks find.
      onFailedOrder: () => undefined,
      onCrash(error) {
        latency.scheduler.uncaught.push(`${process.name}: ${String(error)}`);
        process.crash();
      },
    });
    const store = catalogStore(openReader(path));
    const reads = withLatency(store, process, latency);
    const thread = new WriterThread(process, latency);
    const { catalog } = composeCatalog({
      reads,
      writes: {
        acquireEpoch: (request) => thread.run(() => writer.acquireEpoch(request)),
        decideJson: (requestJson) => thread.run(() => writer.decideJson(requestJson)),
        decide: (request) => thread.run(() => writer.decide(request)),
        close: () => writer.close(),
      },
      context: { clock: context.clock },
    });
    const handle = catalogApp.of(process, latency.scheduler, { catalog });
    return {
      handle,
      notReadyReason: () => undefined,
      close() {
        void store.close();
        connection.close();
      },
    };
  },

  order({ folder, process, context, latency, diskState, settings }) {
    const writer = openWriter(join(folder, "order.db"), { synchronous: "NORMAL" });
    const ledger = withLatency(new LedgerStore(onDisk(writer, diskState)), process, latency);
    const catalog = catalogPeer("http://catalog", undefined, context);
    const service = composeOrder({ ledger, catalog, intake: settings, context });
    const handle = orderApp.of(process, latency.scheduler, service);
    service.start();
    return {
      handle,
      notReadyReason: () => service.dispatcher.notReadyReason,
      close: () => writer.close(),
    };
  },

  frontend({ process, context, latency, settings }) {
    const config = { ...frontendConfig(readEnv({})), ...settings };
    const { admit, start, ...parts } = composeFrontend({
      config,
      catalog: boundedCatalog(catalogReadsPeer("http://catalog", undefined, context), context.clock),
      orders: boundedOrders(orderPeer("http://order", undefined, context), context.clock),
      context,
    });
    const inner = frontendApp.of(process, latency.scheduler, parts);
    start();
    return { handle: admit(inner), notReadyReason: () => undefined, close: () => undefined };
  },
};
