import { openMemoryDatabase } from "../../db/sqlite/memory.ts";
import type { RuntimeContext } from "../runtime/context.ts";
import { composeOrder } from "./compose.ts";
import type { OrderIntakeOptions } from "./intake.ts";
import type { CatalogPeer } from "./peers.ts";
import { LedgerStore } from "./store.ts";

/** The order service over a new ledger in memory, connected but not started. */
export function orderInMemory(intake: OrderIntakeOptions, catalog: CatalogPeer, context: RuntimeContext) {
  const ledger = new LedgerStore(openMemoryDatabase("order").writer);
  return {
    ...composeOrder({ ledger, catalog, intake, context }),
    /** After `stop`: removes the ledger. */
    close: () => ledger.close(),
  };
}
