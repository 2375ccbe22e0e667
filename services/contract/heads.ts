import type { Market } from "./market.ts";
import type { LogHead } from "./trade.ts";

/** How far the catalog's two logs go, both at one moment. */
export interface CatalogHeads {
  market: Market;
  trades: LogHead;
  changes: LogHead;
}

/** How far the ledger goes, and of which market it is: null until it has followed one. */
export interface LedgerHead {
  market: Pick<Market, "market_id" | "incarnation"> | null;
  ledger: LogHead;
}
