import { expect, test } from "bun:test";

import { mutatedCopy } from "../planted/mutated-copy.ts";
import { bugsFor } from "../planted/registry.ts";
import { playFuzzRound } from "./round.ts";

test.each(bugsFor("fuzz"))(
  "the fuzzer finds a planted bug: $name",
  async ({ edits, fuzzFault }) => {
    using copy = mutatedCopy(edits);
    const { faults } = await playFuzzRound({ seed: 1, requestCount: 600, codeDir: copy.codeDir });
    expect(faults.filter((fault) => fuzzFault?.test(fault)).length).toBeGreaterThan(0);
  },
  60_000,
);
