import type { NewOrder, OrderType } from "../sdk/client.ts";

/** Shares in one order of the simulator. */
export const quantities = { least: 1, most: 1_000 } as const;

/** A lookup of the stock, and the order of it that follows, if one does. */
export interface Step {
  name: string;
  order: NewOrder | null;
}

export interface WorkloadOptions {
  /** From 0 to 2^32 - 1. */
  seed: number;
  /** Index of the client. Each has its own random numbers, so its steps do not depend on the speed of the others. */
  client: number;
  /** The stocks to choose from, in a fixed order; at least one. */
  names: readonly string[];
  /** Of an order after a lookup, from 0 to 1. */
  probability: number;
}

/**
 * The endless steps of one client. The same options give the same steps. Every step takes four random numbers, needed
 * or not, so that two runs which differ only in `probability` look up the same stocks.
 */
export function* workload({ seed, client, names, probability }: WorkloadOptions): Generator<Step, never> {
  const random = randomFrom(seed, client);
  const below = (count: number) => Math.floor(random() * count);
  for (;;) {
    const name = names[below(names.length)];
    if (name === undefined) throw new RangeError("a workload needs a stock to trade");
    const isOrdered = random() < probability;
    const type: OrderType = random() < 0.5 ? "buy" : "sell";
    const quantity = quantities.least + below(quantities.most - quantities.least + 1);
    yield { name, order: isOrdered ? { name, type, quantity } : null };
  }
}

/** The generator sfc32: numbers in [0, 1), the same for the same pair, unrelated for neighbours. */
function randomFrom(seed: number, stream: number): () => number {
  let [a, b, c, counter] = [seed | 0, stream | 0, 0, 1];
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // The first numbers of this generator still resemble the seed.
  for (let round = 0; round < 15; round++) next();
  return next;
}
