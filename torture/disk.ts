import { ExitCode } from "../services/runtime/process/exit-codes.ts";
import type { Campaign } from "./campaign.ts";
import { expectReads } from "./expect-reads.ts";
import { databaseControls, variablesOf } from "./faults/database-controls.ts";
import { buildFaults, noFaultsBecause, type Fault, type FaultLibrary } from "./faults/library.ts";
import { runFullDiskRound } from "./full-disk.ts";
import { quantile } from "./figures.ts";
import { runRound, type Round, type RoundContext } from "./round.ts";
import { runRounds } from "./rounds.ts";

type Service = "catalog" | "order";

const episodesOfRound = 8;

export const disk: Campaign = {
  name: "disk",
  describe:
    "no room and I/O errors on writes and syncs of each database; and a small file system that is really full",
  async run(context) {
    const skipped = noFaultsBecause();
    if (skipped) return { figures: {}, violations: [], skipped };
    using faults = buildFaults();
    const recoveriesMs: number[] = [];
    const injected = { catalog: 0, order: 0 };
    let ends = 0;
    const {
      figures,
      violations,
      injected: episodes,
    } = await runRounds({
      context,
      count: context.count ?? 32,
      countOfOne: 1,
      async run(seed) {
        const { round, control, ended } = await runDiskRound(seed, faults, recoveriesMs);
        ends += ended;
        for (const service of ["catalog", "order"] as const) injected[service] += control[service].injected;
        return { round, injected: episodesOfRound };
      },
    });
    const full = await runFullDiskRound(context.seed);
    return {
      figures: {
        episodes,
        failed_calls_catalog: injected.catalog,
        failed_calls_order: injected.order,
        services_ended: ends,
        full_disk: full.skipped ?? `filled ${full.filled} times`,
        ...figures,
        recovery_ms_p50: quantile(recoveriesMs, 0.5),
        recovery_ms_max: quantile(recoveriesMs, 1),
      },
      violations: [...violations, ...full.violations.map((what) => ({ seed: context.seed, count: 1, what }))],
    };
  },
};

/** Even seeds: disks without room, which must not end a service. Odd seeds: disks with I/O errors. */
async function runDiskRound(seed: number, faults: FaultLibrary, recoveriesMs: number[]) {
  const control = databaseControls(faults, "services");
  const isFull = seed % 2 === 0;
  let ended = 0;
  const injectFaults = async ({ market, load, random }: RoundContext): Promise<void> => {
    for (let episode = 0; episode < episodesOfRound; episode += 1) {
      const service: Service = random.pick(["catalog", "order"]);
      const lasts = random.chance(0.5);
      control[service].set({
        ...(isFull ? noRoom : random.pick(ioErrors)),
        action: lasts ? "fail" : "failOne",
        nth: random.integer(1, 40),
      });
      await Bun.sleep(random.integer(100, 700));
      if (isFull && service === "catalog") await expectReads(market.url);
      control[service].clear();
      recoveriesMs.push(await load.nextOutcome());
    }
  };
  const round: Round = await runRound({
    seed,
    injectFaults,
    variablesOf: variablesOf(control),
    // After an error that leaves the outcome open, a service ends; its restart reads what is on the disk.
    mayEnd({ how }) {
      const isExpected = !isFull && how === ExitCode.crashed;
      if (isExpected) ended += 1;
      return isExpected;
    },
  });
  return { round, control, ended };
}

const noRoom = { calls: "write", error: "ENOSPC" } as const;
type IoError = Pick<Fault, "calls" | "error">;
const ioErrors: readonly [IoError, ...IoError[]] = [
  { calls: "write", error: "EIO" },
  { calls: "sync", error: "EIO" },
  { calls: "sync", error: "ENOSPC" },
];
