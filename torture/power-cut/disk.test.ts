import { describe, expect, test } from "bun:test";

import { Random } from "../../testing/random.ts";
import { diskAfter } from "./disk.ts";
import { keepAll, RandomOutcomes, type ChangeOutcome, type OutcomePolicy } from "./power-cut-outcomes.ts";
import { sectorBytes } from "./file-image.ts";
import type { Step } from "./trace.ts";

type What = Pick<Step, "call"> & Partial<Step>;

/** Steps one after the other: the first begins at 1 and is done at 2, the next at 3 and 4. */
const stepsOf = (...whats: What[]): Step[] =>
  whats.map((what, index) => ({
    begun: 2 * index + 1,
    done: 2 * index + 2,
    file: what.call === "sync folder" ? "" : "a.db",
    at: 0,
    bytes: new Uint8Array(),
    ...what,
  }));

const written = (at: number, text: string): What => ({ call: "write", at, bytes: Buffer.from(text) });
const end = Number.MAX_SAFE_INTEGER;
const always = (outcome: ChangeOutcome, more: Partial<OutcomePolicy> = {}): OutcomePolicy => ({
  ...keepAll,
  of: () => () => outcome,
  ...more,
});
const textAfter = (steps: Step[], cut: number, policy: OutcomePolicy): string | undefined => {
  const bytes = diskAfter(steps, cut, policy).files.get("a.db");
  return bytes && Buffer.from(bytes).toString();
};

const made: What[] = [{ call: "create" }, { call: "sync folder" }];

describe("what a power cut leaves", () => {
  test("a write that was synced is there, and one that was not may be lost", () => {
    const steps = stepsOf(...made, written(0, "one"), { call: "sync" }, written(3, "two"));
    expect(textAfter(steps, end, always("dropped"))).toBe("one");
    expect(textAfter(steps, end, always("kept"))).toBe("onetwo");
    expect(diskAfter(steps, end, always("dropped")).outcomes).toEqual({ kept: 0, dropped: 1, torn: 0 });
  });

  test("a sync counts once it is done, and for what was done before it began", () => {
    const withSync = (begun: number) => stepsOf(...made, written(0, "one"), { call: "sync", begun, done: 8 });
    expect(textAfter(withSync(7), 7, always("dropped"))).toBe("");
    expect(textAfter(withSync(7), 8, always("dropped"))).toBe("one");
    expect(textAfter(withSync(5), 8, always("dropped"))).toBe("");
  });

  test("nothing is there of what came after the cut", () => {
    const steps = stepsOf(...made, written(0, "one"), written(3, "two"));
    expect(textAfter(steps, 6, keepAll)).toBe("one");
  });

  test("a name that its folder has not synced may be missing, though the file was synced", () => {
    const steps = stepsOf({ call: "create" }, written(0, "one"), { call: "sync" });
    expect(textAfter(steps, end, always("dropped"))).toBeUndefined();
    expect(textAfter(steps, end, always("kept"))).toBe("one");
  });

  test("a removed file may be back as it was synced, and a new one of its name is another", () => {
    const removed = stepsOf(...made, written(0, "one"), { call: "sync" }, { call: "unlink" });
    expect(textAfter(removed, end, always("dropped"))).toBe("one");
    expect(textAfter(removed, end, keepAll)).toBeUndefined();
    const recreated = stepsOf(
      ...made,
      written(0, "one"),
      { call: "unlink" },
      { call: "create" },
      written(0, "2"),
    );
    expect(textAfter(recreated, end, keepAll)).toBe("2");
  });

  test("a file is as long as it was cut to, or not cut at all", () => {
    const steps = stepsOf(...made, written(0, "one"), { call: "sync" }, { call: "truncate", at: 1 });
    expect(textAfter(steps, end, keepAll)).toBe("o");
    expect(textAfter(steps, end, always("dropped"))).toBe("one");
  });

  test("a file may have grown by zeros alone", () => {
    const steps = stepsOf(...made, written(0, "one"));
    expect(textAfter(steps, end, always("dropped", { growsAnyway: () => true }))).toBe("\0\0\0");
  });

  test("a torn write has some of its sectors and lacks others, each whole", () => {
    const page = Buffer.alloc(8 * sectorBytes, "x");
    const steps = stepsOf(...made, written(100, page.toString()));
    for (let seed = 0; seed < 50; seed += 1) {
      const outcomes = new RandomOutcomes(new Random(seed));
      const torn = always("torn", { someOf: (sectors) => outcomes.someOf(sectors), growsAnyway: () => true });
      const bytes = diskAfter(steps, end, torn).files.get("a.db") ?? new Uint8Array();
      const sectors = Array.from(
        { length: 9 },
        (_, index) => new Set(bytes.subarray(Math.max(100, index * sectorBytes), (index + 1) * sectorBytes)),
      );
      expect(sectors.every((found) => found.size === 1)).toBe(true);
      expect(new Set(sectors.flatMap((found) => [...found])).size).toBe(2);
    }
  });
});
