/** The numbers of the public contract. Quantities count shares, prices are integer cents. */
export const limits = {
  /** The most shares in one order. */
  orderQuantity: 1_000_000_000,
  /** The highest quantity of a stock, and the highest price in cents. */
  total: 2 ** 50,
  /** The most orders in one request, and the most rows in one page. */
  batchItems: 1_000,
  pageItems: 1_000,
  /** The most characters of an idempotency key. */
  keyLength: 255,
  /** The most bytes in the body of one order. */
  orderBodyBytes: 4_096,
  /** The most bytes in the body of a batch: enough for the longest items and some white space. */
  batchBodyBytes: 2 ** 20,
} as const;
