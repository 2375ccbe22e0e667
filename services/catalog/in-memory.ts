import { openMemoryDatabase } from "../../db/sqlite/memory.ts";
import type { RuntimeContext } from "../runtime/context.ts";
import { composeCatalog } from "./compose.ts";
import type { OpeningStock } from "./opening.ts";
import { catalogStore } from "./store.ts";
import { failedOrderLog } from "./writer/failed-order.ts";
import { InlineWriter } from "./writer/inline.ts";
import { CatalogWriter } from "./writer/store.ts";

/** The catalog of a new market in memory. It decides on the calling thread, and is gone when it is closed. */
export function catalogInMemory(opening: readonly OpeningStock[], context: RuntimeContext) {
  const { clock, log, newId } = context;
  const { reader, writer } = openMemoryDatabase("catalog");
  const catalogWriter = new CatalogWriter(writer);
  catalogWriter.open(newId(), () => [...opening], clock.wallTime());
  const writes = new InlineWriter(catalogWriter, {
    clock,
    onFailedOrder: failedOrderLog(log),
    // Nothing is on a disk that the next start could read: the call rejects, and the program decides what follows.
    onCrash: (error) => log.fatal({ err: error }, "the catalog's writer failed"),
  });
  const parts = composeCatalog({ reads: catalogStore(reader), writes, context });
  return {
    ...parts,
    /** Ends the feed and removes the database. */
    async close(): Promise<void> {
      parts.feed.close();
      await parts.reads.close();
      await parts.writes.close();
    },
  };
}
