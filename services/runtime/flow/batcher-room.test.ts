import { expect, test } from "bun:test";

import { aTurn, landed, manned, many } from "./batcher.fixture.ts";

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
  "with %d waiting behind a slow batch there is room for %d more: %p",
  async (queued, count, hasRoom) => {
    const { batcher, flights } = manned({ maxQueued: 2_000 });
    void batcher.submit(0, 1_000);
    await aTurn();
    for (let item = 1; item <= queued; item += 1) void batcher.submit(item, 1_000);
    expect(batcher.hasRoom(count)).toBe(hasRoom);
    await Promise.all([batcher.close(), Promise.resolve(flights[0]?.land({ arrived: "maybe" }))]);
  },
);

test("a quick pace makes more room, up to what may be queued", async () => {
  const { batcher, flights } = manned({ maxQueued: 2_000 });
  for (let item = 0; item < 100; item += 1) void batcher.submit(item, 1_000);
  await aTurn();
  landed(flights[0]);
  await aTurn();
  void batcher.submit(100, 1_000);
  await aTurn();
  void batcher.submit(101, 1_000);
  expect(batcher.hasRoom(1_999)).toBe(true);
  expect(batcher.hasRoom(2_000)).toBe(false);
  await Promise.all([batcher.close(), Promise.resolve(flights[1]?.land({ arrived: "maybe" }))]);
});

test("two batches that land together are no quicker a pace than what they took", async () => {
  const { batcher, flights } = manned({ maxItems: 200, minConcurrentBatch: 200, maxQueued: 100_000 });
  for (let round = 0; round < 3; round += 1) {
    for (const item of many(0, 200)) void batcher.submit(item, 10_000);
    await aTurn();
    for (const item of many(200, 200)) void batcher.submit(item, 10_000);
    await Bun.sleep(40);
    for (const flight of flights.splice(0, 2)) landed(flight);
    await aTurn();
  }
  void batcher.submit(0, 1_000);
  await aTurn();
  void batcher.submit(1, 1_000);
  expect(batcher.hasRoom(20_000)).toBe(false);
  await Promise.all([batcher.close(), Promise.resolve(flights[0]?.land({ arrived: "maybe" }))]);
});
