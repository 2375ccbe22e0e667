import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * Counts the trades in a data folder, by SQL of its own so that it also reads the books of an older release. Throws when
 * the books do not add up: a number is missing, the versions of the stocks count another number of trades, or the ledger
 * (where there is one) has another length.
 */
export function ordersInBooks(dataDir: string): number {
  using catalog = new Database(join(dataDir, "catalog.db"), { readonly: true });
  const { rows, last } = oneRow(
    catalog,
    "SELECT count(*) AS rows, coalesce(max(number), 0) AS last FROM trades",
  );
  const { filled } = oneRow(catalog, "SELECT sum(version - 1) AS filled FROM stocks");
  const counts = [rows, last, filled];
  const ledgerPath = join(dataDir, "order.db");
  if (existsSync(ledgerPath)) {
    using order = new Database(ledgerPath, { readonly: true });
    counts.push(oneRow(order, "SELECT count(*) AS rows FROM ledger")["rows"]);
  }
  if (new Set(counts).size > 1) throw new Error(`the books do not add up: ${counts.join(", ")}`);
  return rows ?? NaN;
}

function oneRow(database: Database, sql: string): Record<string, number> {
  return database.query(sql).get() as Record<string, number>;
}
