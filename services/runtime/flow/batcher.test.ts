import { expect, test } from "bun:test";
import fc from "fast-check";

import { answersOf, aTurn, landed, manned, many } from "./batcher.fixture.ts";
import { Batcher } from "./batcher.ts";

const aSweep = () => Bun.sleep(60);

test("one batch is in flight, and the next is all that came meanwhile, in order", async () => {
  const { batcher, flights } = manned();
  const first = batcher.submit(1, 1_000);
  await aTurn();
  const later = [2, 3, 4].map((item) => batcher.submit(item, 1_000));
  await aTurn();
  later.push(batcher.submit(5, 1_000));
  await aTurn();
  expect(flights.map((flight) => flight.items)).toEqual([[1]]);
  landed(flights[0]);
  expect(await first).toBe("answer 1");
  await aTurn();
  expect(flights.map((flight) => flight.items)).toEqual([[1], [2, 3, 4, 5]]);
  landed(flights[1]);
  expect(await Promise.all(later)).toEqual(["answer 2", "answer 3", "answer 4", "answer 5"]);
  expect(batcher.size).toBe(0);
});

test("what arrives in one turn of the event loop goes together", async () => {
  const { batcher, flights } = manned();
  for (const item of [1, 2, 3]) void batcher.submit(item, 1_000);
  await aTurn();
  expect(flights.map((flight) => flight.items)).toEqual([[1, 2, 3]]);
  landed(flights[0]);
});

test("a batch never passes its maximum, and the rest follows in order", async () => {
  const { batcher, flights } = manned({ maxItems: 2 });
  for (const item of [1, 2, 3, 4, 5]) void batcher.submit(item, 1_000);
  for (let flight = 0; flight < 3; flight += 1) {
    await aTurn();
    landed(flights[flight]);
  }
  expect(flights.map((flight) => flight.items)).toEqual([[1, 2], [3, 4], [5]]);
});

test("a large batch goes beside the one under way, where two may; a small one waits for it", async () => {
  const { batcher, flights } = manned({ maxItems: 1_000, minConcurrentBatch: 512 });
  void batcher.submit(0, 1_000);
  await aTurn();
  for (const item of many(1, 511)) void batcher.submit(item, 1_000);
  await aTurn();
  expect(flights.map((flight) => flight.items)).toEqual([[0]]);
  void batcher.submit(512, 1_000);
  await aTurn();
  for (const item of many(513, 700)) void batcher.submit(item, 1_000);
  await aTurn();
  expect(flights.map((flight) => flight.items)).toEqual([[0], many(1, 512)]);
  landed(flights[1]);
  await aTurn();
  expect(flights.map((flight) => flight.items.length)).toEqual([1, 512, 700]);
  landed(flights[0]);
  landed(flights[2]);
  await aTurn();
  expect(batcher.size).toBe(0);
});

test("what a full batch leaves behind never overtakes it, however many may be under way", async () => {
  const { batcher, flights } = manned({ maxItems: 600, minConcurrentBatch: 100 });
  void batcher.submit(0, 1_000);
  await aTurn();
  for (const item of many(1, 1_000)) void batcher.submit(item, 1_000);
  await aTurn();
  landed(flights[0]);
  await aTurn();
  expect(flights.map((flight) => flight.items.length)).toEqual([1, 600]);
  landed(flights[1]);
  await aTurn();
  expect(flights[2]?.items).toEqual(many(601, 400));
  landed(flights[2]);
});

test("what a full batch left behind goes once that one has landed, whatever else is under way", async () => {
  const { batcher, flights } = manned({ maxItems: 600, minConcurrentBatch: 100 });
  void batcher.submit(0, 1_000);
  await aTurn();
  for (const item of many(1, 1_000)) void batcher.submit(item, 1_000);
  await aTurn();
  expect(flights.map((flight) => flight.items.length)).toEqual([1, 600]);
  landed(flights[1]);
  await aTurn();
  expect(flights[2]?.items).toEqual(many(601, 400));
  for (const flight of flights) landed(flight);
});

test("a peer that says it can go on gets the next batch, one, before it has answered", async () => {
  const goOns: (() => boolean)[] = [];
  const { batcher, flights } = manned({
    deliver: (items, signal, goOn) =>
      new Promise((resolve) => {
        flights.push({ items: [...items], signal, land: resolve });
        goOns.push(goOn);
      }),
  });
  const first = batcher.submit(1, 1_000);
  await aTurn();
  expect(goOns[0]!()).toBe(false);
  const later = [2, 3].map((item) => batcher.submit(item, 1_000));
  await aTurn();
  later.push(batcher.submit(4, 1_000));
  await aTurn();
  expect(goOns[1]!()).toBe(false);
  expect(flights.map((flight) => flight.items)).toEqual([[1], [2, 3]]);
  landed(flights[0]);
  await aTurn();
  expect(flights.map((flight) => flight.items)).toEqual([[1], [2, 3], [4]]);
  for (const flight of flights) landed(flight);
  expect(await Promise.all([first, ...later])).toEqual(["answer 1", "answer 2", "answer 3", "answer 4"]);
});

test("the next batch is on its way before the last one is answered", async () => {
  const { batcher, flights } = manned();
  const seen: number[] = [];
  void batcher.submit(1, 1_000).then(() => seen.push(flights.length));
  await aTurn();
  void batcher.submit(2, 1_000);
  landed(flights[0]);
  await aTurn();
  expect(seen).toEqual([2]);
  landed(flights[1]);
});

test("an idle batcher sends within a turn: it does not wait to gather", async () => {
  const { batcher, flights } = manned();
  void batcher.submit(1, 1_000);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(flights.length).toBe(1);
  landed(flights[0]);
});

test("a full queue is overloaded at once, and takes more when it has emptied", async () => {
  const { batcher, flights } = manned({ maxQueued: 2 });
  void batcher.submit(1, 1_000);
  await aTurn();
  void batcher.submit(2, 1_000);
  void batcher.submit(3, 1_000);
  expect(batcher.size).toBe(3);
  expect(await batcher.submit(4, 1_000)).toBe("overloaded");
  landed(flights[0]);
  await aTurn();
  void batcher.submit(5, 1_000);
  landed(flights[1]);
  await aTurn();
  landed(flights[2]);
  expect(flights.map((flight) => flight.items)).toEqual([[1], [2, 3], [5]]);
});

test("an item that was never sent is overloaded at its deadline, and is never sent after", async () => {
  const { batcher, flights } = manned();
  void batcher.submit(1, 1_000);
  await aTurn();
  const started = performance.now();
  const patient = batcher.submit(2, 1_000);
  expect(await batcher.submit(3, 30)).toBe("overloaded");
  expect(performance.now() - started).toBeGreaterThanOrEqual(29);
  landed(flights[0]);
  await aTurn();
  expect(flights[1]?.items).toEqual([2]);
  landed(flights[1]);
  expect(await patient).toBe("answer 2");
});

test("an item that was sent is outcome_unknown at its deadline, and its late answer changes nothing", async () => {
  const { batcher, flights } = manned();
  const impatient = batcher.submit(1, 30);
  const patient = batcher.submit(2, 1_000);
  expect(await impatient).toBe("outcome_unknown");
  landed(flights[0]);
  expect(await patient).toBe("answer 2");
  expect(await impatient).toBe("outcome_unknown");
});

test("a peer that refuses every connection makes it unavailable: nothing was done", async () => {
  let attempts = 0;
  const { batcher } = manned({
    deliver: async () => {
      attempts += 1;
      return { arrived: "no" };
    },
  });
  expect(await batcher.submit(1, 50)).toBe("unavailable");
  expect(attempts).toBeGreaterThan(1);
});

test("what waits behind a peer that is away is unavailable, not overloaded", async () => {
  const { batcher } = manned({ deliver: async () => ({ arrived: "no" }), maxItems: 1 });
  void batcher.submit(1, 1_000);
  await aTurn();
  expect(await batcher.submit(2, 30)).toBe("unavailable");
});

test("once any copy may have arrived, a later refused connection does not make it undone", async () => {
  let attempts = 0;
  const { batcher } = manned({
    deliver: async () => {
      attempts += 1;
      return { arrived: attempts === 1 ? "maybe" : "no" };
    },
  });
  expect(await batcher.submit(1, 60)).toBe("outcome_unknown");
  expect(attempts).toBeGreaterThan(1);
});

test("a batch without an answer is sent again: the same items, and none that came since", async () => {
  const { batcher, flights } = manned();
  const answers = [batcher.submit(1, 1_000), batcher.submit(2, 1_000)];
  await aTurn();
  answers.push(batcher.submit(3, 1_000));
  flights[0]?.land({ arrived: "maybe" });
  await Bun.sleep(20);
  flights[1]?.land({ arrived: "no" });
  await Bun.sleep(20);
  landed(flights[2]);
  await aTurn();
  landed(flights[3]);
  expect(await Promise.all(answers)).toEqual(["answer 1", "answer 2", "answer 3"]);
  expect(flights.map((flight) => flight.items)).toEqual([[1, 2], [1, 2], [1, 2], [3]]);
});

test("an item that was told that nothing was done is not sent with the rest of its batch", async () => {
  const { batcher, flights } = manned({ retryDelayMs: 50 });
  const impatient = batcher.submit(1, 20);
  const patient = batcher.submit(2, 1_000);
  await aTurn();
  flights[0]?.land({ arrived: "no" });
  expect(await impatient).toBe("unavailable");
  await aSweep();
  expect(flights.map((flight) => flight.items)).toEqual([[1, 2], [2]]);
  landed(flights[1]);
  expect(await patient).toBe("answer 2");
});

test("a flight that nobody waits for is aborted, and the next goes", async () => {
  const { batcher, flights } = manned({
    deliver: (items, signal) =>
      new Promise((resolve) => {
        flights.push({ items: [...items], signal, land: resolve });
        signal.addEventListener("abort", () => resolve({ arrived: "maybe" }));
      }),
  });
  expect(await batcher.submit(1, 30)).toBe("outcome_unknown");
  const next = batcher.submit(2, 1_000);
  await aSweep();
  expect(flights.map((flight) => [flight.items, flight.signal.aborted])).toEqual([
    [[1], true],
    [[2], false],
  ]);
  landed(flights[1]);
  expect(await next).toBe("answer 2");
});

test("a flight that somebody still waits for is not aborted", async () => {
  const { batcher, flights } = manned();
  const patient = batcher.submit(1, 1_000);
  expect(await batcher.submit(2, 20)).toBe("outcome_unknown");
  await aSweep();
  expect(flights[0]?.signal.aborted).toBe(false);
  landed(flights[0]);
  expect(await patient).toBe("answer 1");
});

test("closing answers what waits unavailable and what was sent outcome_unknown, and aborts its flight", async () => {
  const { batcher, flights } = manned({
    deliver: (items, signal) =>
      new Promise((resolve) => {
        flights.push({ items: [...items], signal, land: resolve });
        signal.addEventListener("abort", () => resolve({ arrived: "maybe" }));
      }),
  });
  const sent = batcher.submit(1, 1_000);
  await aTurn();
  const waiting = batcher.submit(2, 1_000);
  await batcher.close();
  expect(await sent).toBe("outcome_unknown");
  expect(await waiting).toBe("unavailable");
  expect(flights.map((flight) => [flight.items, flight.signal.aborted])).toEqual([[[1], true]]);
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

// Run at real speed, but all schedules of a run at once.
test("whatever the schedule, each item gets exactly one answer, and never two batches are in flight", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(schedule, { minLength: 30, maxLength: 60 }), async (schedules) => {
      await Promise.all(schedules.map(follow));
    }),
    { numRuns: 4 },
  );
});

async function follow({ maxItems, maxQueued, submissions, deliveries }: Schedule): Promise<void> {
  let inFlight = 0;
  let turn = 0;
  let undelivered: number[] = [];
  const maybeSent = new Set<number>();
  const batcher = new Batcher<number, string>({
    maxItems,
    minConcurrentBatch: Infinity,
    maxQueued,
    maxWaitMs: 1_000,
    retryDelayMs: 1,
    unanswered: (why) => why,
    afterPossibleDelivery: (answer) => answer,
    async deliver(items, signal) {
      inFlight += 1;
      expect(inFlight).toBe(1);
      expect(items.length).toBeLessThanOrEqual(maxItems);
      // What may have arrived goes again as it was, or, when nobody waits for that any more, none of it.
      if (items.some((item) => maybeSent.has(item))) expect(items).toEqual(undelivered);
      const { afterMs, result } = deliveries[turn++ % deliveries.length]!;
      await Promise.race([Bun.sleep(afterMs), new Promise((resolve) => (signal.onabort = resolve))]);
      inFlight -= 1;
      if (result !== "no") for (const item of items) maybeSent.add(item);
      undelivered = result === "answers" ? [] : [...items];
      return result === "answers" ? answersOf(items) : { arrived: result === "no" ? "no" : "maybe" };
    },
  });
  const answers = await Promise.all(
    submissions.map(async ({ atMs, timeoutMs }, item) => {
      await Bun.sleep(atMs);
      return [item, await batcher.submit(item, timeoutMs)] as const;
    }),
  );
  for (const [item, answer] of answers) {
    expect([`answer ${item}`, "overloaded", "unavailable", "outcome_unknown"]).toContain(answer);
    if (answer === "overloaded" || answer === "unavailable") expect(maybeSent.has(item)).toBe(false);
  }
}
