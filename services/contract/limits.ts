/** The numbers of the public contract. Quantities count shares, prices are integer cents. */
export const limits = {
  /** Shares in one order, at most. */
  orderQuantity: 1_000_000_000,
  /** A stock's total, and a price in cents, never pass this. */
  total: 2 ** 50,
  /** Orders in one request, and rows of one page, at most. */
  batchItems: 1_000,
  pageItems: 1_000,
  /** Characters of an idempotency key, at most. */
  keyLength: 255,
  /** Bytes of one order's body. */
  orderBodyBytes: 4_096,
  /** Bytes of a batch's body: a thousand items of the greatest length, with room for white space. */
  batchBodyBytes: 2 ** 20,
} as const;
