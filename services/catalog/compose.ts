import type { DatabaseFile } from "../../db/sqlite/database-file.ts";
import type { CatalogReads } from "../contract/catalog.ts";
import type { RuntimeContext } from "../runtime/context.ts";
import { localCatalog, type CatalogDecisions } from "./catalog.ts";
import { catalogFeed } from "./feed.ts";

export interface CatalogParts<Reads extends CatalogReads, Writes extends CatalogDecisions> {
  reads: Reads;
  writes: Writes;
  /** The database's file, when it has one. */
  file?: DatabaseFile;
  context: Pick<RuntimeContext, "clock">;
}

/** Connects the parts of a catalog; starts nothing and opens no port. Its caller closes `feed`, `reads` and `writes`. */
export function composeCatalog<Reads extends CatalogReads, Writes extends CatalogDecisions>({
  reads,
  writes,
  file,
  context,
}: CatalogParts<Reads, Writes>) {
  const feed = catalogFeed(reads, context.clock);
  return { catalog: localCatalog(reads, writes, feed, file), feed, reads, writes };
}
