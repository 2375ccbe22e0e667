import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { files } from "../torture/planted/files.ts";
import { matchesOf } from "../torture/planted/mutated-copy.ts";
import { wholeMarketCheckers } from "../torture/planted/planted-bug.ts";
import { bugsFor, plantedBugs } from "../torture/planted/registry.ts";

const root = join(import.meta.dir, "..");

test.each(Object.values(files))("a file that planted bugs edit exists: %s", (file) => {
  expect(existsSync(join(root, file))).toBe(true);
});

test.each(plantedBugs)(
  "each text that a bug replaces stands exactly once in its file: $name",
  ({ edits }) => {
    for (const { file, find } of edits)
      expect({ file, find, matches: matchesOf(find, readFileSync(join(root, file), "utf8")) }).toEqual({
        file,
        find,
        matches: 1,
      });
  },
);

test("each bug has a name of its own, and a checker that must find it", () => {
  expect(new Set(plantedBugs.map(({ name }) => name)).size).toBe(plantedBugs.length);
  expect(plantedBugs.filter(({ caughtBy }) => caughtBy.length === 0)).toEqual([]);
  for (const { caughtBy, fuzzViolation } of plantedBugs)
    expect(fuzzViolation !== undefined).toBe(caughtBy.includes("fuzz"));
});

// What must be caught may grow, and never shrinks.
test("no campaign loses a planted bug", () => {
  const wholeMarket = wholeMarketCheckers.flatMap(bugsFor);
  expect(wholeMarket.length).toBeGreaterThanOrEqual(22);
  expect(bugsFor("simulation").length).toBeGreaterThanOrEqual(19);
  expect(bugsFor("fuzz").length).toBeGreaterThanOrEqual(9);
  expect(wholeMarketCheckers.filter((checker) => bugsFor(checker).length === 0)).toEqual([]);
});
