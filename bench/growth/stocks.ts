import type { OpeningStock } from "../../services/catalog/opening.ts";
import { openingList } from "../peers/founding.ts";

const listed = openingList();

/** The name of a market's stock by its place: those of the opening list that comes along, then numbered ones. */
export function stockNameAt(index: number): string {
  return listed[index]?.name ?? `Stock-${String(index).padStart(8, "0")}`;
}

/** An opening list as long as wanted. */
export function openingOf(stocks: number): OpeningStock[] {
  return Array.from(
    { length: stocks },
    (_, index) => listed[index] ?? { name: stockNameAt(index), priceCents: 1_000, quantity: 100 },
  );
}

/** More than a frontend's cache holds, so that in turn they all miss it. */
const mostNames = 150_000;
/** Shares no factor with a number of stocks that anyone would choose. */
const stride = 514_229;

/** Names from all over the market, each once, and no two that lie beside each other in the file. */
export function namesAllOver(stocks: number): string[] {
  return Array.from({ length: Math.min(stocks, mostNames) }, (_, index) =>
    stockNameAt((index * stride) % stocks),
  );
}
