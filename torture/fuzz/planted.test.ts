import { expect, test } from "bun:test";

import { mutatedCopy } from "../planted/mutated-copy.ts";
import { bugsFor } from "../planted/registry.ts";
import { runFuzzRound } from "./round.ts";

test.each(bugsFor("fuzz"))(
  "the fuzzer finds a planted bug: $name",
  async ({ edits, fuzzViolation }) => {
    using copy = mutatedCopy(edits);
    const { violations } = await runFuzzRound({ seed: 1, requestCount: 600, codeDir: copy.codeDir });
    expect(violations.filter((what) => fuzzViolation?.test(what)).length).toBeGreaterThan(0);
  },
  60_000,
);
