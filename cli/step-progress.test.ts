import { expect, test } from "bun:test";

import { stepProgress } from "./step-progress.ts";

test("each step is shown from its beginning, by what was added or reached", () => {
  const shown: [number, string][] = [];
  const steps = stepProgress({
    update: (share, text) => void shown.push([share, text]),
    print: () => {},
    stop: () => {},
  });
  steps.begin("copying", 200);
  steps.add(50);
  steps.add(50);
  steps.reach(200);
  steps.begin("checking", 0);
  steps.add(10);
  expect(shown).toEqual([
    [0, "copying"],
    [0.25, "copying"],
    [0.5, "copying"],
    [1, "copying"],
    [0, "checking"],
    [0, "checking"],
  ]);
});
