import { cpSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import type { Campaign } from "../campaign.ts";
import { mutatedCopy } from "../planted/mutated-copy.ts";
import { catchWithinMs, plantAll } from "../planted/plant-all.ts";
import type { PlantedBug } from "../planted/planted-bug.ts";
import { bugsFor } from "../planted/registry.ts";
import { readSchedules } from "./campaign.ts";

const root = join(import.meta.dir, "../..");
/** What a simulation needs besides the services. */
const ownParts = ["testing", "torture/campaign.ts", "torture/simulation"];

export const plantedSimulation: Campaign = {
  name: "planted-simulation",
  describe:
    "bugs in the protocol, put into a copy of the services: the simulation must find each within a minute",
  run: (context) =>
    plantAll(
      context,
      bugsFor("simulation").map((bug) => ({ bug })),
      catchBug,
    ),
};

/** Seed and first fault of the first schedule with a violation; undefined when there was none in time. */
async function catchBug({ bug }: { bug: PlantedBug }): Promise<string | undefined> {
  using copy = mutatedCopy(bug.edits);
  for (const part of ownParts) cpSync(join(root, part), join(copy.codeDir, part), { recursive: true });
  const main = join(copy.codeDir, "torture/simulation/main.ts");
  const processes = availableParallelism();
  const found: string[] = [];
  await Promise.all(
    Array.from({ length: processes }, async (_, index) => {
      const options = { seed: 1 + index, step: processes, count: Infinity, seconds: catchWithinMs / 1_000 };
      const failure = await readSchedules(
        options,
        ({ seed, violations: [first] }) => {
          if (first !== undefined) found.push(`seed ${seed}: ${first}`);
        },
        { main, isEnough: () => found.length > 0 },
      );
      if (failure) found.push(`seed ${failure.seed}: ${failure.what}`);
    }),
  );
  return found[0];
}
