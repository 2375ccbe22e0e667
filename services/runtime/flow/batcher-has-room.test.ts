import { expect, test } from "bun:test";

import { answer, batcherOf, many } from "./batcher.fixture.ts";

const rooms: [queued: number, count: number, hasRoom: boolean][] = [
  [0, 1, true],
  [0, 2_000, true],
  [0, 2_001, false],
  [1, 511, true],
  [1, 512, false],
  [511, 1, true],
  [512, 1, false],
];

test.each(rooms)(
  "with %d queued behind a batch of unknown throughput there is room for %d more: %p",
  async (queued, count, hasRoom) => {
    const { batcher, clock, submit } = batcherOf({ maxQueued: 2_000 });
    submit(0);
    await clock.turn();
    for (const item of many(1, queued)) submit(item);
    expect(batcher.hasRoom(count)).toBe(hasRoom);
  },
);

test("a high throughput makes more room, up to what may be queued", async () => {
  const { batcher, clock, sent, submit } = batcherOf({ maxQueued: 2_000 });
  for (const item of many(0, 100)) submit(item);
  await clock.advance(5);
  answer(sent[0]);
  await clock.turn();
  submit(100);
  await clock.turn();
  submit(101);
  expect(batcher.hasRoom(1_999)).toBe(true);
  expect(batcher.hasRoom(2_000)).toBe(false);
});

test("two batches that complete together count as one in throughput", async () => {
  const { batcher, clock, sent, submit } = batcherOf({
    maxItems: 200,
    minConcurrentBatch: 200,
    maxQueued: 100_000,
  });
  for (let round = 0; round < 3; round += 1) {
    for (const item of many(0, 200)) submit(item, 10_000);
    await clock.turn();
    for (const item of many(200, 200)) submit(item, 10_000);
    await clock.advance(40);
    for (const batch of sent.splice(0, 2)) answer(batch);
    await clock.turn();
  }
  submit(0);
  await clock.turn();
  submit(1);
  expect(batcher.hasRoom(5_000)).toBe(true);
  expect(batcher.hasRoom(20_000)).toBe(false);
});
