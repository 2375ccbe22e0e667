import type { Campaign } from "../campaign.ts";
import { until } from "../../testing/until.ts";
import { buildFaults, noFaultsBecause } from "../faults/library.ts";
import { killAtRandom } from "../kill.ts";
import { Links, type Pair } from "../network/links.ts";
import { playNetworkRound } from "../network/network-round.ts";
import type { Weather } from "../network/weather.ts";
import { playPowerCuts } from "../power-cut/round.ts";
import { Random } from "../../testing/random.ts";
import { playRound, type Round } from "../round.ts";
import { playSuccessionRound } from "../succession.ts";
import { plantedBugs, type PlantedBug } from "./bugs.ts";
import { mutatedCopy } from "./mutated-copy.ts";
import { catchWithinMs, plantAll } from "./plant-all.ts";

const faultsOfRound = 6;
const lastsMs = 500;
const statesOfRound = 200;

export const planted: Campaign = {
  name: "planted",
  describe: "bugs put into a copy of the services on purpose: each must be caught within a minute",
  run: (context) => plantAll(context, bugsOfHere(), faultOf),
};

/** A power cut has no substitute where files cannot be watched. */
function bugsOfHere(): readonly PlantedBug[] {
  return noFaultsBecause() ? plantedBugs.filter(({ by }) => by !== "power-cut") : plantedBugs;
}

/** The first that is noticed of a bug; undefined when nothing was in time. */
async function faultOf(bug: PlantedBug, firstSeed: number): Promise<string | undefined> {
  using copy = mutatedCopy(bug.edits);
  const { codeDir } = copy;
  const deadline = performance.now() + catchWithinMs;
  for (let seed = firstSeed; performance.now() < deadline; seed += plantedBugs.length) {
    const { faults } = await rounds[bug.by]({ seed, codeDir, isHasty: true });
    if (faults[0] !== undefined && performance.now() < deadline) return faults[0];
  }
  return undefined;
}

type HastyRound = (options: { seed: number; codeDir: string; isHasty: true }) => Promise<Round>;

const killRound: HastyRound = (options) =>
  playRound({ ...options, disturb: async (scene) => void (await killAtRandom(scene, faultsOfRound)) });

/** The catalog dies right after a commit: its answer is lost. Where no fault can be injected, a kill may do it too. */
const lostReplyRound: HastyRound = async (options) => {
  if (noFaultsBecause()) return killRound(options);
  using library = buildFaults();
  const control = library.control(["catalog.db-wal"]);
  return await playRound({
    ...options,
    orderTimeoutMs: 200,
    variablesOf: { catalog: control.variables },
    mayEnd: ({ how }) => how === "SIGKILL",
    async disturb({ load }) {
      for (let fault = 1; fault <= faultsOfRound; fault += 1) {
        await load.nextOutcome();
        control.set({ action: "killAfter", calls: "sync", nth: 1 });
        await until(async () => control.injected >= fault, 10_000, "the catalog commits");
      }
    },
  });
};

/** These pairs have this weather again and again, `lastsMs` each time, while the others go on. */
const weatherRound =
  (
    pairs: readonly Pair[],
    weatherOf: (fault: number, random: Random) => Weather,
    orderTimeoutMs?: number,
  ): HastyRound =>
  async (options) => {
    using links = new Links(new Random(options.seed));
    return await playRound({
      ...options,
      orderTimeoutMs,
      addressOf: (from, to, url) =>
        pairs.some((pair) => pair === `${from} → ${to}`) ? links.addressOf(from, to, url) : url,
      async disturb({ load, random }) {
        const broken = pairs.map((pair) => links.between(pair));
        for (let fault = 1; fault <= faultsOfRound && load.faults.length === 0; fault += 1) {
          for (const link of broken) link.begin(weatherOf(fault, random));
          await Bun.sleep(lastsMs);
          for (const link of broken) await link.clear();
          await load.nextOutcome();
        }
      },
    });
  };

/** The frontends hear late from the catalog, or nothing at all. */
const lateNewsRound = weatherRound(["frontend → catalog", "frontend2 → catalog"], (fault, random) => ({
  kind: fault % 2 === 0 ? "refuse" : "delay-reply",
  share: 0.5,
  delayMs: random.integer(20, 150),
  lastsMs,
}));

/** What the catalog answers breaks off within its body, for longer than an order waits. */
const brokenReplyRound = weatherRound(
  ["order → catalog"],
  () => ({ kind: "cut-reply", inBody: true, share: 1, delayMs: 0, lastsMs }),
  200,
);

/** Faults of every kind. Each round begins with copies of what a new leader asked. */
const networkRound: HastyRound = async (options) =>
  (await playNetworkRound({ ...options, faults: faultsOfRound })).round;

const powerCutRound: HastyRound = async ({ seed, codeDir, isHasty }) => {
  using library = buildFaults();
  const faults: string[] = [];
  const { faults: recorded, orders } = await playPowerCuts({
    seed,
    codeDir,
    isHasty,
    faults: library,
    states: statesOfRound,
    isEnough: () => faults.length > 0,
    onReport: (report) => void faults.push(...report.faults),
  });
  return { faults: [...recorded, ...faults], orders, trades: 0, lookups: 0 };
};

const rounds: Record<PlantedBug["by"], HastyRound> = {
  kill: killRound,
  "lost-reply": lostReplyRound,
  "late-news": lateNewsRound,
  "broken-reply": brokenReplyRound,
  network: networkRound,
  "power-cut": powerCutRound,
  succession: async (options) => (await playSuccessionRound(options)).round,
};
