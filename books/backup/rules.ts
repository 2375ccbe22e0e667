import type { StockState } from "../../services/contract/stock.ts";
import { tradeChain, type LogHead, type Trade } from "../../services/contract/trade.ts";

/**
 * Why a ledger row cannot be the next trade of a catalog, in a sentence, or undefined when it can. `head` is the head of
 * the catalog's trade log, `stock` the state of the row's stock in the catalog. Pure.
 */
export function whyNotNext(head: LogHead, stock: StockState | undefined, row: Trade): string | undefined {
  const is = `trade ${row.number}`;
  if (row.number !== head.number + 1) return `${is} is the ledger's next row where ${head.number + 1} is due`;
  if (tradeChain(head.chain, row) !== row.chain)
    return `${is} does not continue the chain of the one before it`;
  if (!stock) return `${is} is of ${row.name}, which this catalog does not have`;
  const version = stock.version + 1;
  if (row.stock_version !== version)
    return `${is} made version ${row.stock_version} of ${row.name}, here it would make ${version}: a change to the stock (its price, a restock, a halt) is in neither file`;

  const quantity = stock.quantity + (row.type === "buy" ? -row.quantity : row.quantity);
  if (row.quantity_after !== quantity || quantity < 0)
    return `${is} left ${row.quantity_after} of ${row.name}, here it would leave ${quantity}`;
  if (row.price_cents !== stock.price_cents)
    return `${is} was at ${row.price_cents} cents, here ${row.name} costs ${stock.price_cents}`;
  if (stock.status !== "open") return `${is} is of ${row.name}, which is halted here`;
  return undefined;
}

/**
 * Compares the ledger in a data folder with the catalog that is restored beside it.
 *
 * - `foreign`: of another market.
 * - `covered`: each of its orders is in the catalog.
 * - `ahead`: it continues the catalog's trade log.
 * - `diverged`: both have orders that the other lacks.
 */
export type LedgerRelation = "foreign" | "covered" | "ahead" | "diverged";

/**
 * Each `chainAt` is the chain of that log's row at the other log's head, if there is such a row. Pure.
 */
export function relationOf(
  ledger: { marketId: string | undefined; head: LogHead; chainAt: string | undefined },
  catalog: { marketId: string; head: LogHead; chainAt: string | undefined },
): LedgerRelation {
  if (ledger.head.number === 0) return "covered";
  if (ledger.marketId !== catalog.marketId) return "foreign";
  if (ledger.head.number > catalog.head.number)
    return ledger.chainAt === catalog.head.chain ? "ahead" : "diverged";
  return catalog.chainAt === ledger.head.chain ? "covered" : "diverged";
}
