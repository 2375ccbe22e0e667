import type { Campaign } from "../campaign.ts";
import { until } from "../../testing/until.ts";
import { buildFaults, noFaultsBecause } from "../faults/library.ts";
import { killAtRandom } from "../kill.ts";
import { Links, type Pair } from "../network/links.ts";
import { runNetworkRound } from "../network/network-round.ts";
import type { NetworkFault } from "../network/network-fault.ts";
import { runPowerCuts } from "../power-cut/round.ts";
import { Random } from "../../testing/random.ts";
import { runRound, type Round } from "../round.ts";
import { runSuccessionRound } from "../succession.ts";
import { mutatedCopy } from "./mutated-copy.ts";
import { catchWithinMs, plantAll } from "./plant-all.ts";
import { wholeMarketCheckers, type PlantedBug, type WholeMarketChecker } from "./planted-bug.ts";
import { bugsFor } from "./registry.ts";

const faultsOfRound = 6;
const lastsMs = 500;
const statesOfRound = 200;
/** Further rounds with one bug have seeds that no other bug has. */
const seedStep = 1_000;

export const planted: Campaign = {
  name: "planted",
  describe: "bugs planted in a copy of the services: each must be found within a minute",
  run: (context) => plantAll(context, plantings(), catchBug),
};

interface Planting {
  bug: PlantedBug;
  checker: WholeMarketChecker;
}

/** Each bug with each checker that must find it. Where file writes cannot be recorded, no power cut can be simulated. */
export function plantings(): readonly Planting[] {
  return wholeMarketCheckers
    .filter((checker) => checker !== "power-cut" || noFaultsBecause() === undefined)
    .flatMap((checker) => bugsFor(checker).map((bug) => ({ bug, checker })));
}

/** The first violation that the checker finds; undefined when it found none in time. */
async function catchBug({ bug, checker }: Planting, firstSeed: number): Promise<string | undefined> {
  using copy = mutatedCopy(bug.edits);
  const { codeDir } = copy;
  const deadline = performance.now() + catchWithinMs;
  for (let seed = firstSeed; performance.now() < deadline; seed += seedStep) {
    const { violations } = await rounds[checker]({ seed, codeDir, stopsAtFirstViolation: true });
    if (violations[0] !== undefined && performance.now() < deadline) return violations[0];
  }
  return undefined;
}

type PlantedRound = (options: {
  seed: number;
  codeDir: string;
  stopsAtFirstViolation: true;
}) => Promise<Round>;

const killRound: PlantedRound = (options) =>
  runRound({
    ...options,
    injectFaults: async (context) => void (await killAtRandom(context, faultsOfRound)),
  });

/** The catalog is killed right after a commit, so its reply is lost. Without the fault library: kills at random. */
const lostReplyRound: PlantedRound = async (options) => {
  if (noFaultsBecause()) return killRound(options);
  using library = buildFaults();
  const control = library.control(["catalog.db-wal"]);
  return await runRound({
    ...options,
    orderTimeoutMs: 200,
    variablesOf: { catalog: control.variables },
    mayEnd: ({ how }) => how === "SIGKILL",
    async injectFaults({ load }) {
      for (let fault = 1; fault <= faultsOfRound; fault += 1) {
        await load.nextOutcome();
        control.set({ action: "killAfter", calls: "sync", nth: 1 });
        await until(async () => control.injected >= fault, 10_000, "the catalog commits");
      }
    },
  });
};

/** Each fault is on the connections of these pairs for `lastsMs`; the others are not affected. */
const networkFaultRound =
  (
    pairs: readonly Pair[],
    drawFault: (fault: number, random: Random) => NetworkFault,
    orderTimeoutMs?: number,
  ): PlantedRound =>
  async (options) => {
    using links = new Links(new Random(options.seed));
    return await runRound({
      ...options,
      orderTimeoutMs,
      addressOf: (from, to, url) =>
        pairs.some((pair) => pair === `${from} → ${to}`) ? links.addressOf(from, to, url) : url,
      async injectFaults({ load, random }) {
        const affected = pairs.map((pair) => links.between(pair));
        for (let fault = 1; fault <= faultsOfRound && load.violations.length === 0; fault += 1) {
          for (const link of affected) link.startFault(drawFault(fault, random));
          await Bun.sleep(lastsMs);
          for (const link of affected) await link.endFault();
          await load.nextOutcome();
        }
      },
    });
  };

/** Replies and events of the catalog reach the frontends late, or connections to it are refused. */
const lateEventsRound = networkFaultRound(["frontend → catalog", "frontend2 → catalog"], (fault, random) => ({
  kind: fault % 2 === 0 ? "refuse" : "delay-reply",
  share: 0.5,
  delayMs: random.integer(20, 150),
  lastsMs,
}));

/** Every reply of the catalog to the order service is cut within its body, for longer than an order waits. */
const cutReplyRound = networkFaultRound(
  ["order → catalog"],
  () => ({ kind: "cut-reply", inBody: true, share: 1, delayMs: 0, lastsMs }),
  200,
);

/** Network faults of every kind. Each round begins with copies of the requests of a new leader. */
const networkRound: PlantedRound = async (options) =>
  (await runNetworkRound({ ...options, faults: faultsOfRound })).round;

const powerCutRound: PlantedRound = async ({ seed, codeDir }) => {
  using library = buildFaults();
  const violations: string[] = [];
  const { violations: recorded, orders } = await runPowerCuts({
    seed,
    codeDir,
    shape: "services",
    isShort: true,
    faults: library,
    states: statesOfRound,
    mustEnd: () => violations.length > 0,
    onReport: (report) => void violations.push(...report.violations),
  });
  return { violations: [...recorded, ...violations], orders, trades: 0, lookups: 0 };
};

const rounds: Record<WholeMarketChecker, PlantedRound> = {
  kill: killRound,
  "lost-reply": lostReplyRound,
  "late-events": lateEventsRound,
  "cut-reply": cutReplyRound,
  network: networkRound,
  "power-cut": powerCutRound,
  succession: async (options) => (await runSuccessionRound(options)).round,
};
