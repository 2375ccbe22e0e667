import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { isFenced } from "../testing/fenced.ts";
import { startService } from "../testing/market.ts";
import { until } from "../testing/until.ts";
import type { Campaign } from "./campaign.ts";
import { runRound, type Round, type RoundContext } from "./round.ts";
import { runRounds } from "./rounds.ts";
import type { SupervisedMarket } from "./supervised-market.ts";

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
  return { round: await runRound({ ...options, injectFaults }), injected };
}

/** Rejects when the older service is not fenced within eight seconds. It is restarted then, as its operator would do. */
async function replaceOrderService(market: SupervisedMarket, codeDir: string | undefined): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bourse-successor-"));
  const older = market.variablesOf("order");
  const variables = { ...older, BOURSE_DATA_DIR: folder, BOURSE_LOG_LEVEL: "info", ORDER_PORT: "0" };
  const successor = await startService("order", variables, codeDir);
  try {
    const isOlderFenced = () => isFenced(`http://127.0.0.1:${older["ORDER_PORT"]}`);
    await until(isOlderFenced, 8_000, "the older order service is fenced when a newer one holds the epoch");
  } finally {
    successor.process.kill("SIGKILL");
    await successor.process.exited;
    rmSync(folder, { recursive: true, force: true });
  }
  await market.restart("order");
}
