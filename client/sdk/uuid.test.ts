import { expect, test } from "bun:test";

import { uuidv7 } from "./uuid.ts";

test("a key is a version 7 UUID that begins with its milliseconds", () => {
  const atMs = Date.parse("2022-02-22T19:22:22Z");
  expect(uuidv7(atMs)).toMatch(/^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("keys sort by their time, and no two of one millisecond are the same", () => {
  const times = [0, 1, 2 ** 32 - 1, 2 ** 32, Date.now(), 2 ** 48 - 1];
  const keys = times.map((atMs) => uuidv7(atMs));
  expect(keys.toSorted()).toEqual(keys);
  expect(new Set(Array.from({ length: 10_000 }, () => uuidv7(1))).size).toBe(10_000);
});
