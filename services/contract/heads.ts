import type { Market } from "./market.ts";
import type { LogHead } from "./trade.ts";

/** The heads of the catalog's two logs, of one snapshot. */
export interface CatalogHeads {
  market: Market;
  trades: LogHead;
  changes: LogHead;
}

/** The head of the ledger, and the market that it follows; null for a new ledger. */
export interface LedgerHead {
  market: Pick<Market, "market_id" | "incarnation"> | null;
  ledger: LogHead;
}
