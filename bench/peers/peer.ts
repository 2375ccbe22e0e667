import { stockOf } from "../../services/contract/stock.ts";

/** The first stock of the default opening list, as a new market answers it. */
export const exampleStock = stockOf({
  name: "GameStart",
  price_cents: 1_599,
  quantity: 100,
  volume: 0,
  status: "open",
  version: 1,
});

/** Prints the address of this process as its first line: the benchmark reads it from there. */
export function announce(url: string): void {
  process.stdout.write(`${url}\n`);
}
