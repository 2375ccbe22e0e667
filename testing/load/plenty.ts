import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../temporary-folder.ts";

/** The stocks of the load generators. */
export const stockNames = ["GameStart", "BoarCo", "MenhirCo", "Reneium"];

/** A stocks file for BOURSE_STOCKS_FILE that no load sells out; deleted when its `using` block ends. */
export function plentyOfStocks(): Disposable & { file: string } {
  const folder = temporaryFolder();
  const file = join(folder.path, "stocks.csv");
  const rows = stockNames.map((name) => `${name},10.00,1000000000\n`);
  writeFileSync(file, `name,price,quantity\n${rows.join("")}`);
  return { file, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}
