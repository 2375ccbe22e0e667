import { expect, test } from "bun:test";

import type { CampaignReport } from "../torture/campaign.ts";
import { campaigns } from "../torture/campaigns.ts";
import { noFaultsBecause } from "../torture/faults/library.ts";
import { plantedBugs } from "../torture/planted/bugs.ts";
import { mutatedCopy } from "../torture/planted/mutated-copy.ts";
import { protocolBugs } from "../torture/simulation/bugs.ts";

/** The short pass: `bun run torture` is the long one. A seed of its own each time; a failure names it. */
async function run(name: string, count: number): Promise<CampaignReport> {
  const campaign = campaigns.find((one) => one.name === name);
  if (!campaign) throw new Error(`there is no campaign ${name}`);
  const seed = Math.floor(Math.random() * 2 ** 32);
  const report = await campaign.run({ seed, count, deadlineMs: Infinity, progress: () => undefined });
  console.log(`torture ${name}, seed ${seed}: ${JSON.stringify(report.figures)}`);
  return report;
}

test("nothing is lost or doubled when services are killed at random moments", async () => {
  expect((await run("kill", 16)).violations).toEqual([]);
}, 60_000);

test("a second order service takes the lead, the older one ends, and nothing is lost or doubled", async () => {
  expect((await run("succession", 3)).violations).toEqual([]);
}, 60_000);

test("whatever comes in, nothing fails, hangs, or trades what nobody ordered", async () => {
  expect((await run("fuzz", 4_000)).violations).toEqual([]);
}, 60_000);

test("under several times the load that it can take, the market refuses, finishes what it accepts, and loses nothing", async () => {
  expect((await run("overload", 1)).violations).toEqual([]);
}, 60_000);

test("nothing is lost or doubled over a network that delays, cuts, loses, copies and reorders", async () => {
  expect((await run("network", 20)).violations).toEqual([]);
}, 60_000);

const needs = noFaultsBecause();

test.skipIf(needs !== undefined)(
  `nothing is lost or doubled when a service dies at a write or a sync${needs ? ` (${needs})` : ""}`,
  async () => {
    expect((await run("crash-points", 20)).violations).toEqual([]);
  },
  90_000,
);

test.skipIf(needs !== undefined)(
  `whatever a power cut leaves of unsynced writes, what was acknowledged is there${needs ? ` (${needs})` : ""}`,
  async () => {
    expect((await run("power-cut", 120)).violations).toEqual([]);
  },
  240_000,
);

test.skipIf(needs !== undefined)(
  `a disk without room is waited out, and one that fails ends its service${needs ? ` (${needs})` : ""}`,
  async () => {
    expect((await run("disk", 16)).violations).toEqual([]);
  },
  90_000,
);

// From outside it cannot be seen: the catalog has the order, and whoever reads it meanwhile is told to come back.
test("the simulation notices an order that is answered before it is in the ledger", async () => {
  expect(protocolBugs[0]?.name).toBe("an order is answered before it is in the ledger");
  expect((await run("planted-simulation", 1)).violations).toEqual([]);
}, 90_000);

test("every planted bug still finds its place in the services", () => {
  for (const { edits } of plantedBugs) mutatedCopy(edits)[Symbol.dispose]();
});

test("planted bugs are caught, each in under a minute", async () => {
  expect((await run("planted", plantedBugs.length)).violations).toEqual([]);
}, 600_000);
