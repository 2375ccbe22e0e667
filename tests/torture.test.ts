import { expect, test } from "bun:test";

import type { Shape } from "../testing/market.ts";
import type { CampaignReport } from "../torture/campaign.ts";
import { campaigns } from "../torture/campaigns.ts";
import { noFaultsBecause } from "../torture/faults/library.ts";
import { plantings } from "../torture/planted/planted.ts";
import { bugsFor } from "../torture/planted/registry.ts";

interface Choice {
  seed?: number;
  shape?: Shape;
}

/** A short pass; `bun run torture` is the long one. */
async function run(
  name: string,
  count: number,
  { seed = randomSeed(), shape = "services" }: Choice = {},
): Promise<CampaignReport> {
  const campaign = campaigns.find((one) => one.name === name);
  if (!campaign) throw new Error(`there is no campaign ${name}`);
  const report = await campaign.run({
    shape,
    seed,
    count,
    deadlineMs: Infinity,
    progress: () => undefined,
  });
  console.log(`torture ${name}, ${shape}, seed ${seed}: ${JSON.stringify(report.figures)}`);
  return report;
}

test("nothing is lost or doubled when services are killed at random moments", async () => {
  expect((await run("kill", 16)).violations).toEqual([]);
}, 60_000);

test("nothing is lost or doubled when the market in one process is killed at random moments", async () => {
  expect((await run("kill", 1, { shape: "one-process" })).violations).toEqual([]);
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
  `nothing is lost or doubled when the market in one process dies at a write or a sync${needs ? ` (${needs})` : ""}`,
  async () => {
    expect((await run("crash-points", 1, { shape: "one-process" })).violations).toEqual([]);
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
  `what was acknowledged is there after a power cut of the market in one process${needs ? ` (${needs})` : ""}`,
  async () => {
    expect((await run("power-cut", 20, { shape: "one-process" })).violations).toEqual([]);
  },
  120_000,
);

test.skipIf(needs !== undefined)(
  `a disk without room is waited out, and one that fails ends its service${needs ? ` (${needs})` : ""}`,
  async () => {
    expect((await run("disk", 16)).violations).toEqual([]);
  },
  90_000,
);

// Clients of the API cannot see it: until the ledger has the row, a read of that order is answered 503.
test("the simulation finds an order that is answered before it is in the ledger", async () => {
  const names = bugsFor("simulation").map(({ name }) => name);
  const place = names.indexOf("an order is answered before it is in the ledger");
  expect(place).toBeGreaterThanOrEqual(0);
  expect((await run("planted-simulation", 1, { seed: place })).violations).toEqual([]);
}, 90_000);

test("planted bugs are caught, each in under a minute", async () => {
  expect((await run("planted", plantings().length)).violations).toEqual([]);
}, 600_000);

function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
