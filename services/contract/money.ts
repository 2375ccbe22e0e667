import { limits } from "./limits.ts";

/** Integer cents → the JSON number of the public API: 1599 → 15.99, 1600 → 16. */
export function priceOf(priceCents: number): number {
  return priceCents / 100;
}

/** 15.99 → 1599. Undefined for an invalid price: more than two decimals, negative, or more than 2^50 cents. */
export function centsOf(price: number): number | undefined {
  const cents = Math.round(price * 100);
  const exact = Number.isSafeInteger(cents) && cents >= 0 && cents <= limits.total && cents / 100 === price;
  return exact ? cents : undefined;
}
