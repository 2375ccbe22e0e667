import { stockOf } from "../../services/contract/stock.ts";

/** What every market answers for the first stock of the opening list, before anyone has traded. */
export const exampleStock = stockOf({
  name: "GameStart",
  price_cents: 1_599,
  quantity: 100,
  volume: 0,
  status: "open",
  version: 1,
});

/** Prints the address of this process as its first line, for the benchmark. */
export function announce(url: string): void {
  process.stdout.write(`${url}\n`);
}
