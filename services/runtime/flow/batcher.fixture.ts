import { FakeClock } from "../../../testing/fake-clock.ts";
import { Batcher, type BatcherOptions, type Delivery } from "./batcher.ts";

/** A batch that was handed to the peer. */
export interface Sent {
  items: number[];
  signal: AbortSignal;
  onPeerReady: () => boolean;
  end(delivery: Delivery<string>): void;
}

const defaults = {
  maxItems: 100,
  minConcurrentBatch: Infinity,
  maxQueued: 1_000,
  maxWaitMs: 1_000,
  retryDelayMs: 5,
};

/** A batcher of numbers whose deliveries end when the test ends them. */
export function batcherOf(options: Partial<BatcherOptions<number, string>> = {}) {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const batcher = new Batcher<number, string>({
    ...defaults,
    clock,
    deliver: (items, signal, onPeerReady) =>
      new Promise((resolve) => {
        sent.push({ items: [...items], signal, onPeerReady, end: resolve });
        signal.addEventListener("abort", () => resolve({ arrived: "maybe" }));
      }),
    rejectionFor: (reason) => reason,
    afterPossibleDelivery: (answer) => answer,
    ...options,
  });
  /** The answer to a submission; undefined while there is none. */
  const submit = (item: number, timeoutMs = 1_000) => {
    const submission: { answer?: string } = {};
    void batcher.submit(item, timeoutMs).then((answer) => (submission.answer = answer));
    return submission;
  };
  const itemsSent = () => sent.map(({ items }) => items);
  return { batcher, clock, sent, submit, itemsSent };
}

export const answersOf = (items: number[]) => ({ answers: items.map((item) => `answer ${item}`) });
export const answer = (batch: Sent | undefined) => batch?.end(answersOf(batch.items));
export const many = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => from + index);
