import type { CatalogReads } from "../contract/catalog.ts";
import type { RuntimeContext } from "../runtime/context.ts";
import { localCatalog, type CatalogDecisions } from "./catalog.ts";
import { catalogFeed } from "./feed.ts";

export interface CatalogParts<Reads extends CatalogReads, Writes extends CatalogDecisions> {
  reads: Reads;
  writes: Writes;
  context: Pick<RuntimeContext, "clock">;
}

/** Connects the parts of a catalog; starts nothing and opens no port. Its caller closes `feed`, `reads` and `writes`. */
export function composeCatalog<Reads extends CatalogReads, Writes extends CatalogDecisions>({
  reads,
  writes,
  context,
}: CatalogParts<Reads, Writes>) {
  const feed = catalogFeed(reads, context.clock);
  return { catalog: localCatalog(reads, writes, feed), feed, reads, writes };
}
