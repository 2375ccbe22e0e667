import { expect, test } from "bun:test";
import fc from "fast-check";

import { FakeClock } from "../../../testing/fake-clock.ts";
import { answer, answersOf, batcherOf, many } from "./batcher.fixture.ts";
import { Batcher } from "./batcher.ts";

test("one batch is in flight, and the next has all items that came since, in order", async () => {
  const { batcher, clock, sent, submit, itemsSent } = batcherOf();
  const first = submit(1);
  await clock.turn();
  const later = [2, 3, 4].map((item) => submit(item));
  await clock.turn();
  later.push(submit(5));
  await clock.advance(100);
  expect(itemsSent()).toEqual([[1]]);
  answer(sent[0]);
  await clock.turn();
  expect(first.answer).toBe("answer 1");
  expect(itemsSent()).toEqual([[1], [2, 3, 4, 5]]);
  answer(sent[1]);
  await clock.turn();
  expect(later.map((one) => one.answer)).toEqual(["answer 2", "answer 3", "answer 4", "answer 5"]);
  expect(batcher.size).toBe(0);
});

test("items of one turn of the event loop go together, and need no time to gather", async () => {
  const { clock, submit, itemsSent } = batcherOf();
  for (const item of [1, 2, 3]) submit(item);
  expect(itemsSent()).toEqual([]);
  await clock.turn();
  expect(itemsSent()).toEqual([[1, 2, 3]]);
});

test("a batch never passes its maximum, and the rest follows in order", async () => {
  const { clock, sent, submit, itemsSent } = batcherOf({ maxItems: 2 });
  for (const item of [1, 2, 3, 4, 5]) submit(item);
  for (let batch = 0; batch < 3; batch += 1) {
    await clock.turn();
    answer(sent[batch]);
  }
  expect(itemsSent()).toEqual([[1, 2], [3, 4], [5]]);
});

test("where two batches may be in flight a large one is dispatched at once, and a small one waits", async () => {
  const { batcher, clock, sent, submit, itemsSent } = batcherOf({ maxItems: 1_000, minConcurrentBatch: 512 });
  submit(0);
  await clock.turn();
  for (const item of many(1, 511)) submit(item);
  await clock.turn();
  expect(itemsSent()).toEqual([[0]]);
  submit(512);
  await clock.turn();
  for (const item of many(513, 700)) submit(item);
  await clock.turn();
  expect(itemsSent()).toEqual([[0], many(1, 512)]);
  answer(sent[1]);
  await clock.turn();
  expect(itemsSent().map(({ length }) => length)).toEqual([1, 512, 700]);
  answer(sent[0]);
  answer(sent[2]);
  await clock.turn();
  expect(batcher.size).toBe(0);
});

test("items that did not fit into a full batch never overtake it, however many batches may be in flight", async () => {
  const { clock, sent, submit, itemsSent } = batcherOf({ maxItems: 600, minConcurrentBatch: 100 });
  submit(0);
  await clock.turn();
  for (const item of many(1, 1_000)) submit(item);
  await clock.turn();
  answer(sent[0]);
  await clock.turn();
  expect(itemsSent().map(({ length }) => length)).toEqual([1, 600]);
  answer(sent[1]);
  await clock.turn();
  expect(itemsSent()[2]).toEqual(many(601, 400));
});

test("items that did not fit into a full batch go when it has completed, whatever else is in flight", async () => {
  const { clock, sent, submit, itemsSent } = batcherOf({ maxItems: 600, minConcurrentBatch: 100 });
  submit(0);
  await clock.turn();
  for (const item of many(1, 1_000)) submit(item);
  await clock.turn();
  expect(itemsSent().map(({ length }) => length)).toEqual([1, 600]);
  answer(sent[1]);
  await clock.turn();
  expect(itemsSent()[2]).toEqual(many(601, 400));
});

test("a peer that is ready gets the next batch, one, before it has answered", async () => {
  const { clock, sent, submit, itemsSent } = batcherOf();
  const first = submit(1);
  await clock.turn();
  expect(sent[0]!.onPeerReady()).toBe(false);
  const later = [2, 3].map((item) => submit(item));
  await clock.turn();
  later.push(submit(4));
  await clock.turn();
  expect(sent[1]!.onPeerReady()).toBe(false);
  expect(itemsSent()).toEqual([[1], [2, 3]]);
  answer(sent[0]);
  await clock.turn();
  expect(itemsSent()).toEqual([[1], [2, 3], [4]]);
  for (const batch of sent) answer(batch);
  await clock.turn();
  expect([first, ...later].map((one) => one.answer)).toEqual([
    "answer 1",
    "answer 2",
    "answer 3",
    "answer 4",
  ]);
});

test("a peer that becomes ready while items are queued gets them at once", async () => {
  const { clock, sent, submit, itemsSent } = batcherOf();
  submit(1);
  await clock.turn();
  submit(2);
  expect(sent[0]!.onPeerReady()).toBe(true);
  expect(itemsSent()).toEqual([[1], [2]]);
});

test("the next batch is dispatched before the last one is answered", async () => {
  const { batcher, clock, sent } = batcherOf();
  const seen: number[] = [];
  void batcher.submit(1, 1_000).then(() => seen.push(sent.length));
  await clock.turn();
  void batcher.submit(2, 1_000);
  answer(sent[0]);
  await clock.turn();
  expect(seen).toEqual([2]);
});

test("a full queue is overloaded at once, and accepts more when it has emptied", async () => {
  const { batcher, clock, sent, submit, itemsSent } = batcherOf({ maxQueued: 2 });
  submit(1);
  await clock.turn();
  submit(2);
  submit(3);
  expect(batcher.size).toBe(3);
  const refused = submit(4);
  await Promise.resolve();
  expect(refused.answer).toBe("overloaded");
  answer(sent[0]);
  await clock.turn();
  submit(5);
  answer(sent[1]);
  await clock.turn();
  expect(itemsSent()).toEqual([[1], [2, 3], [5]]);
});

test("an item that was never sent is overloaded at its deadline, not before, and is never sent after", async () => {
  const { clock, sent, submit, itemsSent } = batcherOf();
  submit(1);
  await clock.turn();
  const [patient, impatient] = [submit(2), submit(3, 30)];
  await clock.advance(29);
  expect(impatient.answer).toBeUndefined();
  await clock.advance(21);
  expect(impatient.answer).toBe("overloaded");
  answer(sent[0]);
  await clock.turn();
  expect(itemsSent()).toEqual([[1], [2]]);
  answer(sent[1]);
  await clock.turn();
  expect(patient.answer).toBe("answer 2");
});

test("an item that was sent is outcome_unknown at its deadline, and its late answer changes nothing", async () => {
  const { clock, sent, submit } = batcherOf();
  const [impatient, patient] = [submit(1, 30), submit(2)];
  await clock.advance(50);
  expect(impatient.answer).toBe("outcome_unknown");
  answer(sent[0]);
  await clock.turn();
  expect(patient.answer).toBe("answer 2");
  expect(impatient.answer).toBe("outcome_unknown");
});

test("a peer that refuses every connection makes it unavailable: nothing was done", async () => {
  let attempts = 0;
  const { clock, submit } = batcherOf({
    deliver: async () => {
      attempts += 1;
      return { arrived: "no" };
    },
  });
  const one = submit(1, 50);
  await clock.advance(70);
  expect(one.answer).toBe("unavailable");
  expect(attempts).toBeGreaterThan(1);
});

test("items that are queued for a peer that is away are unavailable, not overloaded", async () => {
  const { clock, submit } = batcherOf({ deliver: async () => ({ arrived: "no" }), maxItems: 1 });
  submit(1);
  await clock.turn();
  const queued = submit(2, 30);
  await clock.advance(50);
  expect(queued.answer).toBe("unavailable");
});

test("once any copy may have arrived, a later refused connection does not make it undone", async () => {
  let attempts = 0;
  const { clock, submit } = batcherOf({
    deliver: async () => {
      attempts += 1;
      return { arrived: attempts === 1 ? "maybe" : "no" };
    },
  });
  const one = submit(1, 60);
  await clock.advance(80);
  expect(one.answer).toBe("outcome_unknown");
  expect(attempts).toBeGreaterThan(1);
});

test("the answer to an item of which an earlier copy may have arrived is adjusted", async () => {
  const { clock, sent, submit } = batcherOf({ afterPossibleDelivery: (text) => `${text}, or earlier` });
  const one = submit(1);
  await clock.turn();
  sent[0]?.end({ arrived: "maybe" });
  await clock.advance(5);
  answer(sent[1]);
  await clock.turn();
  expect(one.answer).toBe("answer 1, or earlier");
});

test("a batch without an answer is sent again: the same items, and none that came since", async () => {
  const { clock, sent, submit, itemsSent } = batcherOf();
  const submitted = [submit(1), submit(2)];
  await clock.turn();
  submitted.push(submit(3));
  sent[0]?.end({ arrived: "maybe" });
  await clock.advance(5);
  sent[1]?.end({ arrived: "no" });
  await clock.advance(5);
  answer(sent[2]);
  await clock.turn();
  answer(sent[3]);
  await clock.turn();
  expect(submitted.map((one) => one.answer)).toEqual(["answer 1", "answer 2", "answer 3"]);
  expect(itemsSent()).toEqual([[1, 2], [1, 2], [1, 2], [3]]);
});

test("a batch with more or fewer answers than items is sent again", async () => {
  const { clock, sent, submit, itemsSent } = batcherOf();
  submit(1);
  submit(2);
  await clock.turn();
  sent[0]?.end(answersOf([1]));
  await clock.advance(5);
  sent[1]?.end(answersOf([1, 2, 3]));
  await clock.advance(5);
  expect(itemsSent()).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
});

test("an item that was answered that nothing was done is not sent with the rest of its batch", async () => {
  const { clock, sent, submit, itemsSent } = batcherOf({ retryDelayMs: 50 });
  const [impatient, patient] = [submit(1, 20), submit(2)];
  await clock.turn();
  sent[0]?.end({ arrived: "no" });
  await clock.advance(20);
  expect(impatient.answer).toBe("unavailable");
  await clock.advance(30);
  expect(itemsSent()).toEqual([[1, 2], [2]]);
  answer(sent[1]);
  await clock.turn();
  expect(patient.answer).toBe("answer 2");
});

test("a batch that nobody waits for is aborted, and the next one is dispatched", async () => {
  const { clock, sent, submit } = batcherOf();
  const abandoned = submit(1, 30);
  await clock.advance(40);
  expect(abandoned.answer).toBe("outcome_unknown");
  const next = submit(2);
  await clock.advance(5);
  expect(sent.map(({ items, signal }) => [items, signal.aborted])).toEqual([
    [[1], true],
    [[2], false],
  ]);
  answer(sent[1]);
  await clock.turn();
  expect(next.answer).toBe("answer 2");
});

test("a batch of which one item is waited for is not aborted", async () => {
  const { clock, sent, submit } = batcherOf();
  const [patient, impatient] = [submit(1), submit(2, 20)];
  await clock.advance(100);
  expect(impatient.answer).toBe("outcome_unknown");
  expect(sent[0]?.signal.aborted).toBe(false);
  answer(sent[0]);
  await clock.turn();
  expect(patient.answer).toBe("answer 1");
});

test("closing answers queued items unavailable and sent ones outcome_unknown, and aborts their batch", async () => {
  const { batcher, clock, sent, submit } = batcherOf();
  const inFlight = submit(1);
  await clock.turn();
  const queued = submit(2);
  const closed = batcher.close();
  await clock.advance(5);
  await closed;
  expect(inFlight.answer).toBe("outcome_unknown");
  expect(queued.answer).toBe("unavailable");
  expect(sent.map(({ items, signal }) => [items, signal.aborted])).toEqual([[[1], true]]);
  expect(batcher.size).toBe(0);
});

const schedule = fc.record({
  maxItems: fc.integer({ min: 1, max: 5 }),
  maxQueued: fc.integer({ min: 1, max: 8 }),
  submissions: fc.array(fc.record({ atMs: fc.nat(40), timeoutMs: fc.nat(80) }), { maxLength: 25 }),
  deliveries: fc.array(
    fc.record({ afterMs: fc.nat(15), result: fc.constantFrom("answers", "maybe", "no") }),
    { minLength: 1, maxLength: 10 },
  ),
});
type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never;

test("whatever the schedule, each item gets exactly one answer, and never two batches are in flight", async () => {
  await fc.assert(fc.asyncProperty(schedule, play), { numRuns: 200 });
});

async function play({ maxItems, maxQueued, submissions, deliveries }: Schedule): Promise<void> {
  const clock = new FakeClock();
  let inFlight = 0;
  let attempts = 0;
  let unanswered: number[] = [];
  const mayHaveArrived = new Set<number>();
  const batcher = new Batcher<number, string>({
    clock,
    maxItems,
    minConcurrentBatch: Infinity,
    maxQueued,
    maxWaitMs: 1_000,
    retryDelayMs: 1,
    rejectionFor: (reason) => reason,
    afterPossibleDelivery: (text) => text,
    async deliver(items, signal) {
      inFlight += 1;
      expect(inFlight).toBe(1);
      expect(items.length).toBeLessThanOrEqual(maxItems);
      // A batch that may have arrived is sent again unchanged; when no client waits for it, it is not sent again.
      if (items.some((item) => mayHaveArrived.has(item))) expect(items).toEqual(unanswered);
      const { afterMs, result } = deliveries[attempts++ % deliveries.length]!;
      await Promise.race([clock.sleep(afterMs), new Promise((resolve) => (signal.onabort = resolve))]);
      inFlight -= 1;
      if (result !== "no") for (const item of items) mayHaveArrived.add(item);
      unanswered = result === "answers" ? [] : [...items];
      return result === "answers" ? answersOf(items) : { arrived: result === "no" ? "no" : "maybe" };
    },
  });
  const answers: [item: number, answer: string][] = [];
  for (const [item, { atMs, timeoutMs }] of submissions.entries())
    clock.after(atMs, () => void batcher.submit(item, timeoutMs).then((text) => answers.push([item, text])));
  await clock.advance(200);
  expect(answers.map(([item]) => item).toSorted((a, b) => a - b)).toEqual(many(0, submissions.length));
  for (const [item, text] of answers) {
    expect([`answer ${item}`, "overloaded", "unavailable", "outcome_unknown"]).toContain(text);
    if (text === "overloaded" || text === "unavailable") expect(mayHaveArrived.has(item)).toBe(false);
  }
}
