import type { OpeningStock } from "../../services/catalog/opening.ts";
import { openingList } from "../peers/founding.ts";

const listed = openingList();

/** The name of the market's stock at an index: first the default opening list, then numbered names. */
export function stockNameAt(index: number): string {
  return listed[index]?.name ?? `Stock-${String(index).padStart(8, "0")}`;
}

/** An opening list of this many stocks. */
export function openingOf(stocks: number): OpeningStock[] {
  return Array.from(
    { length: stocks },
    (_, index) => listed[index] ?? { name: stockNameAt(index), priceCents: 1_000, quantity: 100 },
  );
}

/** More than a frontend's cache holds: lookups of these names, one after the other, all miss. */
const mostNames = 150_000;
/** A prime, so that the steps reach every stock. */
const stride = 514_229;

/** Names from all parts of the opening list, each once, and no two neighbours of the list in a row. */
export function namesAllOver(stocks: number): string[] {
  return Array.from({ length: Math.min(stocks, mostNames) }, (_, index) =>
    stockNameAt((index * stride) % stocks),
  );
}
