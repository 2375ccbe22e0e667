import type { CatalogHeads } from "../../services/contract/heads.ts";
import type { Clock } from "../../services/runtime/flow/clock.ts";
import { pageRows, type DutyCycle } from "./paging.ts";
import { AuditImpossible, type AuditSource } from "./source.ts";
import { StockNames } from "./stock-names.ts";
import { StockTable } from "./stock-table.ts";

/** What an audit reads before it replays the logs. */
export interface AuditStart {
  /** Number of the last ledger row that is compared. */
  ledgerHead: number;
  /** Heads of the catalog's logs before the stocks were read, and after. */
  headsBefore: CatalogHeads;
  heads: CatalogHeads;
  names: StockNames;
  stocks: StockTable;
}

/**
 * Reads the ledger's head first, then the stocks, with the heads of the logs before and after them. No snapshot has to
 * be held: every stock was read at the version that the first heads give, or at a later one up to the second heads.
 */
export async function readAuditStart(
  source: AuditSource,
  dutyCycle: DutyCycle,
  clock: Clock,
): Promise<AuditStart> {
  const { market, ledger } = await source.ledgerHead();
  const headsBefore = await source.heads();
  if (market && market.market_id !== headsBefore.market.market_id)
    throw new AuditImpossible("the ledger belongs to another market than the catalog");

  const names = new StockNames();
  const stocks = new StockTable(names);
  for (let page = await source.stocks("", pageRows); page.length > 0;) {
    for (const stock of page) stocks.set(stock);
    await dutyCycle.rest();
    page = await source.stocks(page.at(-1)?.name ?? "", pageRows);
  }
  const heads = await source.heads();
  const isBehind = ledger.number < heads.trades.number && !source.ledgerMayLag;
  const ledgerHead = isBehind ? await waitForLedger(source, heads.trades.number, clock) : ledger.number;
  return { ledgerHead, headsBefore, heads, names, stocks };
}

const catchUpMs = 1_000;
const retryDelayMs = 50;

/** The ledger's head, at most `number`. Services may be writing these files: the ledger gets a moment to catch up. */
async function waitForLedger(source: AuditSource, number: number, clock: Clock): Promise<number> {
  const deadlineMs = clock.now() + catchUpMs;
  for (;;) {
    const { ledger } = await source.ledgerHead();
    if (ledger.number >= number) return number;
    if (clock.now() >= deadlineMs) return ledger.number;
    await clock.sleep(retryDelayMs);
  }
}
