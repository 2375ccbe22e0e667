import { Batcher, type BatcherOptions, type Delivery } from "./batcher.ts";

export type Flight = { items: number[]; signal: AbortSignal; land(delivery: Delivery<string>): void };

const generous = {
  maxItems: 100,
  minConcurrentBatch: Infinity,
  maxQueued: 1_000,
  maxWaitMs: 1_000,
  retryDelayMs: 5,
};

/** A batcher of numbers whose deliveries land when the test says so. */
export function manned(options: Partial<BatcherOptions<number, string>> = {}) {
  const flights: Flight[] = [];
  const batcher = new Batcher<number, string>({
    ...generous,
    deliver: (items, signal) =>
      new Promise((resolve) => {
        flights.push({ items: [...items], signal, land: resolve });
      }),
    unanswered: (why) => why,
    afterPossibleDelivery: (answer) => answer,
    ...options,
  });
  return { batcher, flights };
}

export const answersOf = (items: number[]) => ({ answers: items.map((item) => `answer ${item}`) });
export const landed = (flight: Flight | undefined) => flight?.land(answersOf(flight.items));
export const aTurn = () => Bun.sleep(5);
export const many = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => from + index);
