import { until } from "../testing/until.ts";
import type { Campaign } from "./campaign.ts";
import {
  buildFaults,
  noFaultsBecause,
  type Action,
  type Calls,
  type FaultControl,
  type FaultLibrary,
} from "./faults/library.ts";
import { playRound, type Round, type Scene } from "./round.ts";
import { playRounds } from "./rounds.ts";

interface CrashPoint {
  service: "catalog" | "order";
  /** After the database's name: its own file, or its write-ahead log. */
  file: "db" | "db-wal";
  calls: Calls;
  action: Action;
  /** The call to die at. */
  nth: number;
}

const crashesOfRound = 10;
/** A point that is not reached by then (there are not so many in a checkpoint, say) is left out. */
const patienceMs = 2_000;

export const crashPoints: Campaign = {
  name: "crash-points",
  describe: "SIGKILL before, in the middle of and after the Nth write and sync of each database and its log",
  async run(context) {
    const skipped = noFaultsBecause();
    if (skipped) return { figures: {}, violations: [], skipped };
    using faults = buildFaults();
    const reached = new Set<string>();
    const { figures, violations, injected } = await playRounds({
      context,
      count: context.count ?? 60,
      countOfOne: 1,
      play: (seed) => playCrashRound({ seed, faults, reached }),
    });
    return { figures: { crashes: injected, distinct_points: reached.size, ...figures }, violations };
  },
};

export interface CrashRound {
  seed: number;
  faults: FaultLibrary;
  /** Gets the points that were reached. */
  reached?: Set<string>;
  /** Where the services' code is, should that not be this repository. */
  codeDir?: string;
}

/** One market that dies at ten points; the first of them may lie in its founding. */
export async function playCrashRound({
  seed,
  faults,
  reached = new Set(),
  codeDir,
}: CrashRound): Promise<{ round: Round; injected: number }> {
  const points = Array.from({ length: crashesOfRound }, (_, index) => pointAt(seed * crashesOfRound + index));
  const control = {
    catalog: faults.control(["catalog.db", "catalog.db-wal"]),
    order: faults.control(["order.db", "order.db-wal"]),
  };
  const [first] = points;
  if (first && seed % 2 === 0) arm(control[first.service], first);

  const disturb = async ({ market, load, random }: Scene): Promise<void> => {
    for (const point of points) {
      const { service, file, calls, action, nth } = point;
      const { injected } = control[service];
      arm(control[service], point);
      // A service that ends does a checkpoint, for which its load alone would take long.
      if (isOfCheckpoint(point)) await market.restart(service);
      const hasDied = until(async () => control[service].injected > injected, patienceMs);
      if (await hasDied.then(() => true).catch(() => false))
        reached.add(`${service}.${file} ${calls} ${action} ${nth}`);
      control[service].clear();
      // Every other time the next one comes while the service recovers from this one.
      if (random.chance(0.5)) await load.nextOutcome();
    }
  };
  const round = await playRound({
    seed,
    codeDir,
    disturb,
    variablesOf: { catalog: control.catalog.variables, order: control.order.variables },
    mayEnd: ({ how }) => how === "SIGKILL",
  });
  return { round, injected: control.catalog.injected + control.order.injected };
}

/** The ledger's log is synced by a checkpoint alone (NORMAL). */
function isOfCheckpoint({ service, file, calls }: CrashPoint): boolean {
  return file === "db" || (service === "order" && calls === "sync");
}

function arm(control: FaultControl, { service, file, calls, action, nth }: CrashPoint): void {
  control.set({ calls, action, nth, files: [`${service}.${file}`] });
}

/** How far the calls of a kind are counted through. The database itself is written by checkpoints only: rare, short. */
const kinds = (["catalog", "order"] as const).flatMap((service) => [
  { service, file: "db-wal" as const, calls: "write" as const, upTo: 60 },
  { service, file: "db-wal" as const, calls: "sync" as const, upTo: service === "catalog" ? 20 : 1 },
  { service, file: "db-wal" as const, calls: "write" as const, upTo: 400 },
  { service, file: "db" as const, calls: "write" as const, upTo: 20 },
  { service, file: "db" as const, calls: "sync" as const, upTo: 1 },
]);
const shapes = kinds.flatMap(({ upTo, ...kind }) => {
  const sides: Action[] =
    kind.calls === "write" ? ["killBefore", "killHalfway", "killAfter"] : ["killBefore", "killAfter"];
  return sides.map((action) => ({ ...kind, action, upTo }));
});

/** The points in a fixed order: every kind and side of a call in turn, each time at the next call. */
function pointAt(index: number): CrashPoint {
  // A step that shares no factor with the number of shapes visits each of them, far from the one before.
  const { upTo, ...shape } = shapes[(index * 7) % shapes.length]!;
  return { ...shape, nth: 1 + (Math.floor(index / shapes.length) % upTo) };
}
