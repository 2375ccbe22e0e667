import type { Campaign } from "./campaign.ts";
import { quantile } from "./figures.ts";
import { playRound, type Scene } from "./round.ts";
import { playRounds } from "./rounds.ts";
import type { InstanceName } from "./supervised-market.ts";

const killsOfRound = 16;
const victims: readonly [InstanceName[], ...InstanceName[][]] = [
  ["catalog"],
  ["order"],
  ["frontend"],
  ["frontend2"],
  ["catalog", "order"],
  ["catalog", "frontend"],
  ["order", "frontend"],
  ["order", "frontend2"],
  ["frontend", "frontend2"],
];

export const kill: Campaign = {
  name: "kill",
  describe: "SIGKILL of any process, or any two, at random moments",
  async run(context) {
    const recoveriesMs: number[] = [];
    const { figures, violations, injected } = await playRounds({
      context,
      count: context.count ?? 100,
      countOfOne: killsOfRound,
      async play(seed) {
        let kills = 0;
        const disturb = async (scene: Scene): Promise<void> => {
          kills = await killAtRandom(scene, killsOfRound, recoveriesMs);
        };
        return { round: await playRound({ seed, disturb }), injected: kills };
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
 * Kills until `count` processes are gone, and returns how many are. Every other time the next one dies before the
 * market has recovered. `recoveriesMs` gets the times to the first outcome of an order sent after a kill.
 */
export async function killAtRandom(
  { market, load, random }: Scene,
  count: number,
  recoveriesMs: number[] = [],
): Promise<number> {
  let kills = 0;
  while (kills < count && load.faults.length === 0) {
    await Bun.sleep(random.integer(0, 250));
    kills += await market.kill(...random.pick(victims));
    if (random.chance(0.5)) recoveriesMs.push(await load.nextOutcome());
  }
  return kills;
}
