import type { Reader } from "../sqlite/driver.ts";
import { TRADE_COLUMNS } from "./trade-row.ts";

/**
 * The number of the first ledger row that is not the catalog's, or undefined when the ledger begins as the trade log
 * does. A row that the ledger lacks counts as the first difference when no row before it differs.
 */
export function firstLedgerDifference(ledger: Reader, catalogPath: string): number | undefined {
  ledger.prepare("ATTACH ? AS market").run(catalogPath);
  const differing = ledger.prepare<{ number: number }>(
    `SELECT ledger.number FROM ledger LEFT JOIN market.trades AS trade USING (${TRADE_COLUMNS}) WHERE trade.number IS NULL ORDER BY ledger.number LIMIT 1`,
  );
  const missing = ledger.prepare<{ number: number }>(
    "SELECT number + 1 AS number FROM ledger WHERE number < (SELECT max(number) FROM ledger) AND number + 1 NOT IN (SELECT number FROM ledger) ORDER BY number LIMIT 1",
  );
  return (differing.get() ?? missing.get())?.number;
}
