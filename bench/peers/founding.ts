import { readFileSync } from "node:fs";

import { claimDatabase } from "../../db/sqlite/claim.ts";
import { openReader } from "../../db/sqlite/open.ts";
import { parseOpening, type OpeningStock } from "../../services/catalog/opening.ts";
import { catalogStore } from "../../services/catalog/store.ts";
import { CatalogWriter } from "../../services/catalog/writer/store.ts";
import type { CatalogHeads } from "../../services/contract/heads.ts";
import { dataOf } from "../../testing/committed.ts";

const openingFile = new URL("../../db/stocks.csv", import.meta.url);

/** The default opening list: the stocks of every contender. */
export function openingList(): OpeningStock[] {
  return parseOpening(readFileSync(openingFile, "utf8"));
}

/** The catalog database in a folder: the one that exists, or else a new one with an opening list. */
export async function foundMarket(
  dataDir: string,
  opening: () => OpeningStock[] = openingList,
): Promise<{ path: string; heads: CatalogHeads }> {
  const { path, writer, lock } = claimDatabase(dataDir, "catalog", "FULL");
  const catalog = new CatalogWriter(writer);
  catalog.open(crypto.randomUUID(), opening, Date.now());
  const reads = catalogStore(openReader(path));
  const heads = dataOf(await reads.heads());
  await reads.close();
  catalog.close();
  lock.release();
  return { path, heads };
}
