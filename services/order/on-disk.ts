import { claimDatabase } from "../../db/sqlite/claim.ts";
import { DatabaseFile } from "../../db/sqlite/database-file.ts";
import type { RuntimeContext } from "../runtime/context.ts";
import { composeOrder } from "./compose.ts";
import type { OrderConfig } from "./config.ts";
import type { CatalogPeer } from "./peers.ts";
import { LedgerStore } from "./store.ts";

/**
 * The order service over the ledger in its data folder: takes the folder's lock and connects the parts, but starts
 * nothing. Throws DatabaseOpenError or MigrationError, and then holds nothing.
 */
export function orderOnDisk(
  { dataDir, intake }: Pick<OrderConfig, "dataDir" | "intake">,
  catalog: CatalogPeer,
  context: RuntimeContext,
) {
  // NORMAL: rows at the ledger's end that a power cut takes are pulled again from the catalog, which is FULL.
  const { path, writer, lock, snapshot } = claimDatabase(dataDir, "order", "NORMAL");
  if (snapshot) context.log.info({ snapshot }, "upgraded: a copy of the older version is kept");
  const ledger = new LedgerStore(writer);
  const file = new DatabaseFile(path, (problem) => {
    if (problem === undefined) context.log.info("the ledger's file is back: orders are taken again");
    else
      context.log.error(
        `${problem}: no order is taken. Put it back with its -wal, or start again: a new ledger is pulled from the catalog`,
      );
  });
  return {
    ...composeOrder({ ledger, catalog, intake, context, file }),
    /** Call after `stop`: closes the connection and releases the folder's lock. */
    async close(): Promise<void> {
      await ledger.close();
      lock.release();
    },
  };
}
