import { cpSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import type { Campaign } from "../campaign.ts";
import { mutatedCopy } from "../planted/mutated-copy.ts";
import { catchWithinMs, plantAll, type Mistake } from "../planted/plant-all.ts";
import { protocolBugs } from "./bugs.ts";
import { readSchedules } from "./campaign.ts";

const root = join(import.meta.dir, "../..");
/** What a simulation is made of, besides the services. */
const ownParts = ["testing", "torture/campaign.ts", "torture/simulation"];

export const plantedSimulation: Campaign = {
  name: "planted-simulation",
  describe:
    "mistakes in the protocol, put into a copy of the services: the simulation must notice each in a minute",
  run: (context) => plantAll(context, protocolBugs, catchBug),
};

/** The seed and the first fault of the first schedule that goes wrong with this bug; undefined when none did in time. */
async function catchBug(bug: Mistake): Promise<string | undefined> {
  using copy = mutatedCopy(bug.edits);
  for (const part of ownParts) cpSync(join(root, part), join(copy.codeDir, part), { recursive: true });
  const main = join(copy.codeDir, "torture/simulation/main.ts");
  const processes = availableParallelism();
  const found: string[] = [];
  await Promise.all(
    Array.from({ length: processes }, async (_, index) => {
      const options = { seed: 1 + index, step: processes, count: Infinity, seconds: catchWithinMs / 1_000 };
      const broke = await readSchedules(
        options,
        ({ seed, faults }) => {
          if (faults[0] !== undefined) found.push(`seed ${seed}: ${faults[0]}`);
        },
        { main, isEnough: () => found.length > 0 },
      );
      if (broke) found.push(`seed ${broke.seed}: ${broke.fault}`);
    }),
  );
  return found[0];
}
