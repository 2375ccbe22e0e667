/** Statements that read the first row of each table, by database: they fail where a table cannot be read. */
export const firstRows = {
  catalog: [
    "SELECT 1 FROM meta LIMIT 1",
    "SELECT 1 FROM stocks LIMIT 1",
    "SELECT 1 FROM trades LIMIT 1",
    "SELECT 1 FROM refusals LIMIT 1",
    "SELECT 1 FROM changes LIMIT 1",
  ],
  order: ["SELECT 1 FROM meta LIMIT 1", "SELECT 1 FROM ledger LIMIT 1"],
} as const;
