import { parentPort, workerData } from "node:worker_threads";

import { openWriter } from "../../../db/sqlite/open.ts";
import type { EpochRequest } from "../../contract/market.ts";
import { serveCalls } from "../../runtime/process/worker-rpc.ts";
import { decideJson } from "./decide-batch.ts";
import { failedOrderOf, type FailedOrder } from "./failed-order.ts";
import { grantEpoch } from "./grant-epoch.ts";
import { CatalogWriter } from "./store.ts";

/**
 * The thread that owns the catalog's one write connection. An error that is not caught here ends the thread, and then
 * the main thread ends the process.
 */
const writer = new CatalogWriter(openWriter(String(workerData), { synchronous: "FULL" }));

const methods = {
  acquireEpoch: (request: EpochRequest) => grantEpoch(() => writer.acquireEpoch(request)),
  decideJson: (requestJson: string) =>
    decideJson(writer, requestJson, Date.now(), (error, order) => notify(failedOrderOf(error, order))),
  close: (_: undefined) => {
    writer.checkpoint();
    writer.close();
  },
};
export type WriterMethods = typeof methods;

const notify = serveCalls<FailedOrder>(parentPort, methods);
