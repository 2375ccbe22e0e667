import { Random } from "../../testing/random.ts";
import { playRound, type Round, type Scene } from "../round.ts";
import { Links, pairs } from "./links.ts";
import { putOldCatalogBack, resetsOfRestoration } from "./old-catalog.ts";
import { breakNetwork, copyTakingOfLead } from "./storm.ts";
import { Tally } from "./tally.ts";
import { usurpLead } from "./usurper.ts";

const readyWithinMs = 30_000;

export interface NetworkRoundOptions {
  seed: number;
  /** It ends after so many, or a few more. */
  faults: number;
  /** Adds to this. */
  tally?: Tally;
  codeDir?: string;
  isHasty?: boolean;
}

/**
 * One market with a proxy between each pair. In the middle of its faults, by the seed: a second order service, or an
 * old catalog.
 */
export async function playNetworkRound(
  options: NetworkRoundOptions,
): Promise<{ round: Round; injected: number }> {
  const { seed, faults, tally = new Tally(), codeDir, isHasty = false } = options;
  const random = new Random(seed);
  using links = new Links(random.fork());
  const orderTimeoutMs = random.pick([400, 1_500, 2_500]);
  const isRestored = seed % 2 === 1;
  const before = tally.faults;

  const disturb = async (scene: Scene): Promise<void> => {
    links.onCopy = (key) => scene.load.copied(key);
    const storm = { scene, links, tally, orderTimeoutMs };
    const isFine = (): boolean => scene.load.faults.length === 0 && scene.market.exits.length === 0;
    const stormUntil = async (share: number): Promise<void> => {
      while (tally.faults - before < faults * share && isFine()) await breakNetwork(storm);
    };
    await copyTakingOfLead(storm);
    await stormUntil(0.5);
    if (isRestored && isFine()) {
      // A copy that names a refused order must not come after the refusal is gone from the books.
      tally.lateCopies += links.deliverKept(pairs.filter((pair) => pair !== "order → catalog"));
      await scene.load.nextOutcome();
      await putOldCatalogBack(scene, readyWithinMs, codeDir);
      tally.count("old-catalog");
    } else if (isFine()) {
      await usurpLead(scene, links, codeDir);
      tally.count("second-order-service");
    }
    await stormUntil(1);
    tally.lateCopies += links.deliverKept();
    await scene.load.nextOutcome();
  };
  const round = await playRound({
    seed,
    disturb,
    isHasty,
    orderTimeoutMs,
    codeDir,
    addressOf: (from, to, url) => links.addressOf(from, to, url),
    resetsMax: isRestored ? resetsOfRestoration : 0,
  });
  return { round, injected: tally.faults - before };
}
