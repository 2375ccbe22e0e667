import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { isFenced } from "../testing/fenced.ts";
import { startService } from "../testing/market.ts";
import { until } from "../testing/until.ts";
import type { Campaign } from "./campaign.ts";
import { playRound, type Round, type Scene } from "./round.ts";
import { playRounds } from "./rounds.ts";
import type { SupervisedMarket } from "./supervised-market.ts";

const successionsOfRound = 3;

export const succession: Campaign = {
  name: "succession",
  describe: "a second order service, with a ledger of its own, takes the lead under load",
  async run(context) {
    const { figures, violations, injected } = await playRounds({
      context,
      count: context.count ?? 3,
      countOfOne: successionsOfRound,
      play: (seed) => playSuccessionRound({ seed }),
    });
    return { figures: { successions: injected, ...figures }, violations };
  },
};

/** One market whose order service is replaced three times, and takes the lead back each time. */
export async function playSuccessionRound(options: {
  seed: number;
  codeDir?: string;
  isHasty?: boolean;
}): Promise<{ round: Round; injected: number }> {
  let injected = 0;
  const disturb = async ({ market, load, random }: Scene): Promise<void> => {
    for (; injected < successionsOfRound; injected += 1) {
      await load.nextOutcome();
      await Bun.sleep(random.integer(0, 200));
      await replaceOrderService(market, options.codeDir);
    }
  };
  return { round: await playRound({ ...options, disturb }), injected };
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
