/** Stocks that a client trades in now and then, alone. */
export const quietNames: readonly string[] = Array.from({ length: 60 }, (_, index) => `Quiet-${index}`);

export const openingShares = 100;

/** What the clients of a torture market trade in, as an opening list: prices and shares as in the one that comes along. */
export const stocksCsv = [
  "name,price,quantity",
  `GameStart,15.99,${openingShares}`,
  `BoarCo,7.11,${openingShares}`,
  `MenhirCo,20.00,${openingShares}`,
  `CaesarTech,1.00,${openingShares}`,
  ...quietNames.map((name) => `${name},10.00,${openingShares}`),
  "",
].join("\n");
