import { join } from "node:path";

import { claimDatabase } from "../../db/sqlite/claim.ts";
import { syncToDisk } from "../../db/sqlite/copy.ts";
import { openWriter } from "../../db/sqlite/open.ts";
import { CatalogWriter } from "../../services/catalog/writer/store.ts";
import type { LogHead } from "../../services/contract/trade.ts";
import { LedgerStore } from "../../services/order/store.ts";
import { dataOf } from "../../testing/committed.ts";
import { foundMarket } from "../peers/founding.ts";
import { openingOf, stockNameAt } from "./stocks.ts";

/** The size of a market's books. */
export interface BookSize {
  stocks: number;
  trades: number;
  refusals: number;
}

const batchOrders = 1_000;
/** The name of no stock: an order for it is refused, and the refusal is stored. */
const nowhere = "Nowhere";

/**
 * Writes the books of a market that has traded for a long time into an empty folder. The orders are decided by the
 * catalog's writer and appended by the ledger's store, so the books are real. Nothing is synced before the end.
 */
export async function makeBooks(
  dataDir: string,
  { stocks, trades, refusals }: BookSize,
  progress: (done: number, total: number) => void,
): Promise<void> {
  const { path, heads } = await foundMarket(dataDir, () => openingOf(stocks));
  const catalogDb = openWriter(path, { synchronous: "NORMAL" });
  catalogDb.exec("PRAGMA synchronous = OFF");
  const catalog = new CatalogWriter(catalogDb);
  const order = claimDatabase(dataDir, "order", "NORMAL");
  order.writer.exec("PRAGMA synchronous = OFF");
  const ledger = new LedgerStore(order.writer);
  await ledger.follow(heads.market);

  let head: LogHead = heads.trades;
  const market = dataOf(catalog.acquireEpoch({ ...heads.market, ledger: head }));
  const total = trades + refusals;
  for (let done = 0; done < total; done += batchOrders) {
    const orders = Array.from({ length: Math.min(batchOrders, total - done) }, (_, index) =>
      orderAt(done + index, stocks, done + index < trades),
    );
    const reply = dataOf(catalog.decide({ ...market, ledger: head, orders }, Date.now()));
    await ledger.append(reply.trades);
    head = reply.trades.at(-1) ?? head;
    progress(done, total);
  }

  await ledger.close();
  order.lock.release();
  catalog.checkpoint();
  catalog.close();
  for (const name of ["catalog.db", "order.db"]) syncToDisk(join(dataDir, name));
}

/** The stocks in turn: each is sold once, then each is bought once, and so on. */
function orderAt(index: number, stocks: number, isTraded: boolean) {
  return {
    request_id: "",
    client: "anonymous",
    key: Bun.randomUUIDv7(),
    name: isTraded ? stockNameAt(index % stocks) : nowhere,
    type: Math.floor(index / stocks) % 2 === 0 ? ("sell" as const) : ("buy" as const),
    quantity: 1,
    expected_price_cents: null,
  };
}
