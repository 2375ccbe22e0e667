import type { Campaign } from "./campaign.ts";
import type { Shape } from "../testing/market.ts";
import { quantile } from "./figures.ts";
import { runRound, type RoundContext } from "./round.ts";
import { runRounds } from "./rounds.ts";
import type { InstanceName } from "./instances.ts";

const killsOfRound = 16;
const victimsOf: Record<Shape, readonly [InstanceName[], ...InstanceName[][]]> = {
  services: [
    ["catalog"],
    ["order"],
    ["frontend"],
    ["frontend2"],
    ["catalog", "order"],
    ["catalog", "frontend"],
    ["order", "frontend"],
    ["order", "frontend2"],
    ["frontend", "frontend2"],
  ],
  "one-process": [["market"]],
};

export const kill: Campaign = {
  name: "kill",
  describe: "SIGKILL of any process, or any two, at random moments",
  shapes: ["services", "one-process"],
  async run(context) {
    const { shape } = context;
    const recoveriesMs: number[] = [];
    const { figures, violations, injected } = await runRounds({
      context,
      count: context.count ?? 100,
      countOfOne: killsOfRound,
      async run(seed) {
        let kills = 0;
        const injectFaults = async (context: RoundContext): Promise<void> => {
          kills = await killAtRandom(context, killsOfRound, recoveriesMs);
        };
        return { round: await runRound({ seed, shape, injectFaults }), injected: kills };
      },
    });
    return {
      figures: {
        kills: injected,
        ...figures,
        recovery_ms_p50: quantile(recoveriesMs, 0.5),
        recovery_ms_max: quantile(recoveriesMs, 1),
      },
      violations,
    };
  },
};

/**
 * Kills `count` processes or one more, and returns their number. Half of the time it waits for the market to recover
 * before the next kill; `recoveriesMs` gets the times from a kill to the first outcome of an order sent after it.
 */
export async function killAtRandom(
  { market, load, random }: RoundContext,
  count: number,
  recoveriesMs: number[] = [],
): Promise<number> {
  let kills = 0;
  while (kills < count && load.violations.length === 0) {
    await Bun.sleep(random.integer(0, 250));
    kills += await market.kill(...random.pick(victimsOf[market.shape]));
    if (random.chance(0.5)) recoveriesMs.push(await load.nextOutcome());
  }
  return kills;
}
