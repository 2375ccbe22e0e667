import type { Shape } from "../testing/market.ts";
import { until } from "../testing/until.ts";
import type { Campaign } from "./campaign.ts";
import { databaseControls, injectedBy, variablesOf } from "./faults/database-controls.ts";
import {
  buildFaults,
  noFaultsBecause,
  type Action,
  type Calls,
  type FaultControl,
  type FaultLibrary,
} from "./faults/library.ts";
import { runRound, type Round, type RoundContext } from "./round.ts";
import { runRounds } from "./rounds.ts";

interface CrashPoint {
  service: "catalog" | "order";
  /** Extension after the database's name: its own file, or its write-ahead log. */
  file: "db" | "db-wal";
  calls: Calls;
  action: Action;
  /** The call at which the process is killed, from 1. */
  nth: number;
}

const crashesOfRound = 10;
/** A point that is not reached in this time is skipped: a checkpoint may have fewer calls, for example. */
const patienceMs = 2_000;

export const crashPoints: Campaign = {
  name: "crash-points",
  describe: "SIGKILL before, in the middle of and after the Nth write and sync of each database and its log",
  shapes: ["services", "one-process"],
  async run(context) {
    const { shape } = context;
    const skipped = noFaultsBecause();
    if (skipped) return { figures: {}, violations: [], skipped };
    using faults = buildFaults();
    const reached = new Set<string>();
    const { figures, violations, injected } = await runRounds({
      context,
      count: context.count ?? 60,
      countOfOne: 1,
      run: (seed) => runCrashRound({ seed, shape, faults, reached }),
    });
    return { figures: { crashes: injected, distinct_points: reached.size, ...figures }, violations };
  },
};

export interface CrashRound {
  seed: number;
  shape?: Shape;
  faults: FaultLibrary;
  /** Collects the points that were reached. */
  reached?: Set<string>;
  /** Folder of the services' code; by default this repository. */
  codeDir?: string;
}

/** One market and ten crash points; the first may lie in the creation of its databases. */
export async function runCrashRound({
  seed,
  shape = "services",
  faults,
  reached = new Set(),
  codeDir,
}: CrashRound): Promise<{ round: Round; injected: number }> {
  const points = Array.from({ length: crashesOfRound }, (_, index) => pointAt(seed * crashesOfRound + index));
  const control = databaseControls(faults, shape);
  const [first] = points;
  if (first && seed % 2 === 0) arm(control[first.service], first);

  const injectFaults = async ({ market, load, random }: RoundContext): Promise<void> => {
    for (const point of points) {
      const { service, file, calls, action, nth } = point;
      const { injected } = control[service];
      arm(control[service], point);
      // A service that ends runs a checkpoint; under load alone the next one would take long.
      if (isOfCheckpoint(point)) await market.restart(service);
      const hasCrashed = until(async () => control[service].injected > injected, patienceMs);
      if (await hasCrashed.then(() => true).catch(() => false))
        reached.add(`${service}.${file} ${calls} ${action} ${nth}`);
      control[service].clear();
      // Otherwise the next crash comes while the service recovers from this one.
      if (random.chance(0.5)) await load.nextOutcome();
    }
  };
  const round = await runRound({
    seed,
    shape,
    codeDir,
    injectFaults,
    variablesOf: variablesOf(control),
    mayEnd: ({ how }) => how === "SIGKILL",
  });
  return { round, injected: injectedBy(control) };
}

/** Whether only a checkpoint makes this call: with synchronous = NORMAL the ledger's log is synced by nothing else. */
function isOfCheckpoint({ service, file, calls }: CrashPoint): boolean {
  return file === "db" || (service === "order" && calls === "sync");
}

function arm(control: FaultControl, { service, file, calls, action, nth }: CrashPoint): void {
  control.set({ calls, action, nth, files: [`${service}.${file}`] });
}

/** `upTo`: the highest `nth` of a kind of call. Only checkpoints write the database file itself: few calls. */
const kinds = (["catalog", "order"] as const).flatMap((service) => [
  { service, file: "db-wal" as const, calls: "write" as const, upTo: 60 },
  { service, file: "db-wal" as const, calls: "sync" as const, upTo: service === "catalog" ? 20 : 1 },
  { service, file: "db-wal" as const, calls: "write" as const, upTo: 400 },
  { service, file: "db" as const, calls: "write" as const, upTo: 20 },
  { service, file: "db" as const, calls: "sync" as const, upTo: 1 },
]);
const variants = kinds.flatMap(({ upTo, ...kind }) => {
  const sides: Action[] =
    kind.calls === "write" ? ["killBefore", "killHalfway", "killAfter"] : ["killBefore", "killAfter"];
  return sides.map((action) => ({ ...kind, action, upTo }));
});

/** The points in a fixed order: every variant in turn, each time at the next call. */
function pointAt(index: number): CrashPoint {
  // 7 has no common factor with the number of variants: each is visited, and neighbours are far apart.
  const { upTo, ...variant } = variants[(index * 7) % variants.length]!;
  return { ...variant, nth: 1 + (Math.floor(index / variants.length) % upTo) };
}
