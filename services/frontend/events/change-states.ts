import type { CatalogReads } from "../../contract/catalog.ts";
import type { Change } from "../../contract/change.ts";
import type { StockChange } from "../../contract/feed.ts";
import { ok, type Reply } from "../../contract/reply.ts";
import type { StockState } from "../../contract/stock.ts";

type ChangeReads = Pick<CatalogReads, "changes" | "stockChanges">;

/**
 * The changes after number `after`, each with the state of its stock right after it, so that a client that replays the
 * log adds the trades to the state that they began from. Of an opening, the row has that state. Of any other change it
 * has a part: then the state is the current one, of that version or a later one. Errors: those of the reads.
 */
export async function changesWithStates(
  catalog: ChangeReads,
  after: number,
  limit: number,
): Promise<Reply<{ changes: readonly StockChange[] }>> {
  const reply = await catalog.changes(after, limit);
  if (!reply.ok) return reply;
  const opened = reply.data.changes.map(openedBy);
  if (opened.every((change) => change !== undefined)) return ok({ changes: opened });
  const current = await catalog.stockChanges(after, limit);
  if (!current.ok) return current;
  const byNumber = new Map(opened.map((change) => [change?.number, change]));
  return ok({ changes: current.data.changes.map((change) => byNumber.get(change.number) ?? change) });
}

function openedBy(change: Change): StockChange | undefined {
  const { number, kind, at, name, price_cents, quantity_delta, status, stock_version } = change;
  if (kind !== "opening" || price_cents === null || quantity_delta === null || status === null)
    return undefined;
  const stock: StockState = {
    name,
    price_cents,
    quantity: quantity_delta,
    volume: 0,
    status,
    version: stock_version,
  };
  return { number, kind, at, stock };
}
