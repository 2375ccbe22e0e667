import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { spawnService } from "../testing/market.ts";
import { until } from "../testing/until.ts";
import type { Campaign } from "./campaign.ts";
import { runRound, type Round, type RoundContext } from "./round.ts";
import { runRounds } from "./rounds.ts";
import type { SupervisedMarket } from "./supervised-market.ts";

const fenced = 3;
const successionsOfRound = 3;

export const succession: Campaign = {
  name: "succession",
  describe: "a second order service with a ledger of its own takes over the leadership under load",
  async run(context) {
    const { figures, violations, injected } = await runRounds({
      context,
      count: context.count ?? 3,
      countOfOne: successionsOfRound,
      run: (seed) => runSuccessionRound({ seed }),
    });
    return { figures: { successions: injected, ...figures }, violations };
  },
};

/** One market whose order service is replaced three times, and takes the leadership back each time. */
export async function runSuccessionRound(options: {
  seed: number;
  codeDir?: string;
  stopsAtFirstViolation?: boolean;
}): Promise<{ round: Round; injected: number }> {
  let injected = 0;
  const injectFaults = async ({ market, load, random }: RoundContext): Promise<void> => {
    for (; injected < successionsOfRound; injected += 1) {
      await load.nextOutcome();
      await Bun.sleep(random.integer(0, 200));
      await replaceOrderService(market, options.codeDir);
    }
  };
  const mayEnd = ({ name, how }: { name: string; how: number | string }) =>
    name === "order" && how === fenced;
  return { round: await runRound({ ...options, injectFaults, mayEnd }), injected };
}

/** Rejects when the older service does not end, fenced, within eight seconds. */
async function replaceOrderService(market: SupervisedMarket, codeDir: string | undefined): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bourse-successor-"));
  const variables = { ...market.variablesOf("order"), BOURSE_DATA_DIR: folder, ORDER_PORT: "0" };
  const before = market.exits.length;
  const successor = spawnService("order", variables, "pipe", codeDir);
  try {
    const isFenced = async () => market.exits.slice(before).some(({ how }) => how === fenced);
    await until(isFenced, 8_000, "the older order service ends when a newer one leads");
  } finally {
    successor.kill("SIGKILL");
    await successor.exited;
    rmSync(folder, { recursive: true, force: true });
  }
}
