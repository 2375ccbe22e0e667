import type { Client, NewOrder, Order, PlacedOrder } from "../sdk/client.ts";
import type { Acknowledged, Tally } from "./tally.ts";

const concurrency = 16;

export interface Verification {
  /** Acknowledged orders, each of which should be in the ledger as it was acknowledged. */
  orders: number;
  matching: number;
  /** The market could not be asked about these. */
  unreachable: number;
  mismatches: Mismatch[];
}

export interface Mismatch {
  transaction_number: number;
  /** What differs, for people. */
  problem: string;
}

/** Sends every order of unknown outcome again, under its key. The tally keeps those that stay unknown. */
export async function resolveUnknownOrders(client: Client, tally: Tally): Promise<void> {
  const unknown = tally.unknown.splice(0);
  await eachOf(unknown, async (one) => {
    const { order, idempotencyKey } = one;
    tally.resolve(one, await client.orders.place(order, { idempotencyKey }));
  });
}

/**
 * Reads every acknowledged order from the market and compares it. After `concurrency` failed calls in a row the market
 * counts as gone: the remaining orders are counted as unreachable.
 */
export async function verify(client: Client, acknowledged: readonly Acknowledged[]): Promise<Verification> {
  const mismatches = duplicates(acknowledged);
  let [matching, unreachable, lostInARow] = [0, 0, 0];
  await eachOf(acknowledged, async ({ order, receipt }) => {
    if (lostInARow >= concurrency) return void unreachable++;
    const { transaction_number } = receipt;
    const { data, error } = await client.orders.get(transaction_number);
    if (error && error.reason !== "order_not_found") {
      unreachable++;
      lostInARow++;
      return;
    }
    lostInARow = 0;
    const problem = problemOf(order, receipt, data);
    if (problem) mismatches.push({ transaction_number, problem });
    else matching++;
  });
  return { orders: acknowledged.length, matching, unreachable, mismatches };
}

/** What is wrong with the ledger's entry of an order, or undefined. Pure. */
export function problemOf(order: NewOrder, receipt: PlacedOrder, entry: Order | null): string | undefined {
  if (!entry) return "acknowledged, but not in the ledger";
  const expected = { ...order, number: receipt.transaction_number, price: receipt.price };
  for (const field of ["number", "name", "type", "quantity", "price"] as const) {
    if (entry[field] === expected[field]) continue;
    return `the ${field} is ${entry[field]} in the ledger, but should be ${expected[field]}`;
  }
  return undefined;
}

/** Transaction numbers that were acknowledged for two orders: one of the two is not in the ledger. */
function duplicates(acknowledged: readonly Acknowledged[]): Mismatch[] {
  const seen = new Set<number>();
  return acknowledged.flatMap(({ receipt: { transaction_number } }) => {
    if (seen.has(transaction_number)) return { transaction_number, problem: "acknowledged for two orders" };
    seen.add(transaction_number);
    return [];
  });
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  // All workers take their items from one iterator.
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
