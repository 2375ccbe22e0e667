import type { Campaign } from "../campaign.ts";
import { quantile } from "../figures.ts";
import { playRounds } from "../rounds.ts";
import { playNetworkRound } from "./network-round.ts";
import { Tally } from "./tally.ts";

const faultsOfRound = 40;

export const network: Campaign = {
  name: "network",
  describe:
    "messages delayed, cut, lost, copied, reordered; frozen services, two order services, old catalogs",
  async run(context) {
    const tally = new Tally();
    const count = context.count ?? 80;
    const countOfOne = Math.min(count, faultsOfRound);
    const { figures, violations, injected } = await playRounds({
      context,
      count,
      countOfOne,
      play: (seed) => playNetworkRound({ seed, faults: countOfOne, tally }),
    });
    return {
      figures: {
        faults: injected,
        ...tally.figures,
        messages_met: tally.messages,
        late_copies: tally.lateCopies,
        kills: tally.kills,
        ...figures,
        recovery_ms_p50: quantile(tally.recoveriesMs, 0.5),
        recovery_ms_p99: quantile(tally.recoveriesMs, 0.99),
        recovery_ms_max: quantile(tally.recoveriesMs, 1),
      },
      violations,
    };
  },
};
