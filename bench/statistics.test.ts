import { expect, test } from "bun:test";

import { median, ratioOf, spreadOf } from "./statistics.ts";

test("a median is the middle one, or the mean of the middle two, in whatever order they come", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("a spread goes from the lowest to the highest", () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, lowest: 1, highest: 3 });
});

test("a ratio is that of the medians, with the extremes of the rounds that were run side by side", () => {
  expect(ratioOf([10, 20, 60], [10, 10, 20])).toEqual({ median: 2, lowest: 1, highest: 3 });
});

test("there is no ratio to what was not measured, or was too short to be", () => {
  expect(ratioOf([1], [])).toBeUndefined();
  expect(ratioOf([], [1])).toBeUndefined();
  expect(ratioOf([1, 1], [0, 0])).toBeUndefined();
});
