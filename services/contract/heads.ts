import type { Market } from "./market.ts";
import type { LogHead } from "./trade.ts";

/** The heads of the catalog's two logs, from one snapshot. */
export interface CatalogHeads {
  market: Market;
  trades: LogHead;
  changes: LogHead;
}

/** The head of the ledger and the market it belongs to. A new ledger belongs to none: null. */
export interface LedgerHead {
  market: Pick<Market, "market_id" | "incarnation"> | null;
  ledger: LogHead;
}
