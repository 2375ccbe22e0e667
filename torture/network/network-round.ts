import { Random } from "../../testing/random.ts";
import { runRound, type Round, type RoundContext } from "../round.ts";
import { Links, pairs } from "./links.ts";
import { restoreOldCatalog, resetsOfRestoration } from "./old-catalog.ts";
import { injectWave, copyEpochRequests } from "./fault-wave.ts";
import { FaultCounts } from "./fault-counts.ts";
import { replaceFrozenOrderService } from "./second-order-service.ts";

const readyWithinMs = 30_000;

export interface NetworkRoundOptions {
  seed: number;
  /** How many to inject; it may be a few more. */
  faults: number;
  /** Collects the counts of several rounds. */
  counts?: FaultCounts;
  codeDir?: string;
  stopsAtFirstViolation?: boolean;
}

/**
 * One market with a proxy between each pair of processes. After half of its faults: a second order service (even seeds),
 * or an old catalog (odd seeds).
 */
export async function runNetworkRound(
  options: NetworkRoundOptions,
): Promise<{ round: Round; injected: number }> {
  const { seed, faults, counts = new FaultCounts(), codeDir, stopsAtFirstViolation = false } = options;
  const random = new Random(seed);
  using links = new Links(random.fork());
  const orderTimeoutMs = random.pick([400, 1_500, 2_500]);
  const isRestored = seed % 2 === 1;
  const before = counts.faults;

  const injectFaults = async (context: RoundContext): Promise<void> => {
    links.onCopy = (key) => context.load.copied(key);
    const wave = { context, links, counts, orderTimeoutMs };
    const isUnbroken = (): boolean =>
      context.load.violations.length === 0 && context.market.exits.length === 0;
    const injectUntil = async (share: number): Promise<void> => {
      while (counts.faults - before < faults * share && isUnbroken()) await injectWave(wave);
    };
    await copyEpochRequests(wave);
    await injectUntil(0.5);
    if (isRestored && isUnbroken()) {
      // A copy of a refused order must not arrive after the restore has removed the refusal from the books.
      counts.lateCopies += links.deliverKept(pairs.filter((pair) => pair !== "order → catalog"));
      await context.load.nextOutcome();
      await restoreOldCatalog(context, readyWithinMs, codeDir);
      counts.add("old-catalog");
    } else if (isUnbroken()) {
      await replaceFrozenOrderService(context, links, codeDir);
      counts.add("second-order-service");
    }
    await injectUntil(1);
    counts.lateCopies += links.deliverKept();
    await context.load.nextOutcome();
  };
  const round = await runRound({
    seed,
    injectFaults,
    stopsAtFirstViolation,
    orderTimeoutMs,
    codeDir,
    addressOf: (from, to, url) => links.addressOf(from, to, url),
    resetsMax: isRestored ? resetsOfRestoration : 0,
  });
  return { round, injected: counts.faults - before };
}
