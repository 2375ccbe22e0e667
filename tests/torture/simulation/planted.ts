import { cpSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import type { Campaign, CampaignContext, CampaignReport, Violation } from "../campaign.ts";
import { mutatedCopy } from "../planted/mutated-copy.ts";
import { protocolBugs, type ProtocolBug } from "./bugs.ts";
import { readSchedules } from "./campaign.ts";

const catchWithinSeconds = 60;
const tests = join(import.meta.dir, "../..");
/** What a simulation is made of, besides the services. */
const ownParts = [
  "auditor.ts",
  "market.ts",
  "torture/random.ts",
  "torture/campaign.ts",
  "torture/simulation",
];

export const plantedSimulation: Campaign = {
  name: "planted-simulation",
  describe:
    "mistakes in the protocol, put into a copy of the services: the simulation must notice each in a minute",
  run: (context) => plantAll(context),
};

/** The seed says which bug comes first; `count`, how many there are to be. */
async function plantAll(context: CampaignContext): Promise<CampaignReport> {
  const count = Math.min(context.count ?? protocolBugs.length, protocolBugs.length);
  const violations: Violation[] = [];
  const tookMs: number[] = [];
  let tried = 0;
  for (; tried < count && performance.now() < context.deadlineMs; tried += 1) {
    const seed = context.seed + tried;
    const bug = protocolBugs[seed % protocolBugs.length]!;
    const started = performance.now();
    const caught = await catchBug(bug);
    if (caught) tookMs.push(performance.now() - started);
    else
      violations.push({ seed, count: 1, fault: `not noticed within ${catchWithinSeconds} s: ${bug.name}` });
    context.progress(tried + 1, count, `${bug.name}: ${caught ?? "NOT NOTICED"}`);
  }
  const slowest_ms = Math.round(Math.max(0, ...tookMs));
  return { figures: { planted: tried, caught: tookMs.length, slowest_ms }, violations };
}

/** The seed and the first fault of the first schedule that goes wrong with this bug; undefined when none did in time. */
async function catchBug(bug: ProtocolBug): Promise<string | undefined> {
  using copy = mutatedCopy(bug.edits);
  for (const part of ownParts)
    cpSync(join(tests, part), join(copy.codeDir, "tests", part), { recursive: true });
  const main = join(copy.codeDir, "tests/torture/simulation/main.ts");
  const processes = availableParallelism();
  const found: string[] = [];
  await Promise.all(
    Array.from({ length: processes }, async (_, index) => {
      const options = { seed: 1 + index, step: processes, count: Infinity, seconds: catchWithinSeconds };
      const broke = await readSchedules(
        options,
        ({ seed, faults }) => {
          if (faults[0] !== undefined) found.push(`seed ${seed}: ${faults[0]}`);
        },
        { main, isEnough: () => found.length > 0 },
      );
      if (broke !== undefined) found.push(broke);
    }),
  );
  return found[0];
}
