import type { CatalogHeads } from "../../services/contract/heads.ts";
import { pageRows, type DutyCycle } from "./paging.ts";
import { AuditImpossible, type AuditSource } from "./source.ts";
import { StockNames } from "./stock-names.ts";
import { StockTable } from "./stock-table.ts";

/** What an audit starts from. */
export interface Books {
  /** Number of the last ledger row that is compared. */
  ledgerHead: number;
  /** How far the catalog's logs went before the stocks were looked at, and after. */
  before: CatalogHeads;
  heads: CatalogHeads;
  names: StockNames;
  stocks: StockTable;
}

/**
 * Looks at the ledger's head first, and at the stocks between two looks at the logs' heads. Every stock was then at
 * or past what the first heads make of it, and the second heads cover it: no snapshot has to be held.
 */
export async function openBooks(source: AuditSource, pacer: DutyCycle): Promise<Books> {
  const { market, ledger } = await source.ledgerHead();
  const before = await source.heads();
  if (market && market.market_id !== before.market.market_id)
    throw new AuditImpossible("the ledger belongs to another market than the catalog");

  const names = new StockNames();
  const stocks = new StockTable(names);
  for (let page = await source.stocks("", pageRows); page.length > 0;) {
    for (const stock of page) stocks.set(stock);
    await pacer.rest();
    page = await source.stocks(page.at(-1)?.name ?? "", pageRows);
  }
  const heads = await source.heads();
  const isBehind = ledger.number < heads.trades.number && !source.ledgerMayLag;
  const ledgerHead = isBehind ? await caughtUp(source, heads.trades.number) : ledger.number;
  return { ledgerHead, before, heads, names, stocks };
}

const catchUpMs = 1_000;
const lookAgainMs = 50;

/** The ledger's head, at most `number`. A service may be at work on the files: its ledger gets a moment to follow. */
async function caughtUp(source: AuditSource, number: number): Promise<number> {
  const deadline = performance.now() + catchUpMs;
  for (;;) {
    const { ledger } = await source.ledgerHead();
    if (ledger.number >= number) return number;
    if (performance.now() >= deadline) return ledger.number;
    await Bun.sleep(lookAgainMs);
  }
}
