import { expect, test } from "bun:test";

import { judgeExit, nextBackoffMs } from "./verdict.ts";

test.each([
  [0, "done"],
  [1, "refused"],
  [3, "crashed"],
  [70, "crashed"],
  [2, "crashed"],
  [null, "crashed"],
] as const)("exit code %p means %s", (exitCode, verdict) => {
  expect(judgeExit(exitCode)).toBe(verdict);
});

test.each([
  [0, 5, 100],
  [100, 5, 200],
  [3_200, 9_999, 5_000],
  [5_000, 5, 5_000],
  [5_000, 10_000, 100],
])("after a pause of %p ms and a life of %p ms the next pause is %p ms", (previousMs, livedMs, nextMs) => {
  expect(nextBackoffMs(previousMs, livedMs)).toBe(nextMs);
});
