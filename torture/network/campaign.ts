import type { Campaign } from "../campaign.ts";
import { quantile } from "../figures.ts";
import { runRounds } from "../rounds.ts";
import { runNetworkRound } from "./network-round.ts";
import { FaultCounts } from "./fault-counts.ts";

const faultsOfRound = 40;

export const network: Campaign = {
  name: "network",
  describe:
    "messages delayed, cut, lost, copied, reordered; frozen services, two order services, old catalogs",
  async run(context) {
    const counts = new FaultCounts();
    const count = context.count ?? 80;
    const countOfOne = Math.min(count, faultsOfRound);
    const { figures, violations, injected } = await runRounds({
      context,
      count,
      countOfOne,
      run: (seed) => runNetworkRound({ seed, faults: countOfOne, counts }),
    });
    return {
      figures: {
        faults: injected,
        ...counts.figures,
        messages_affected: counts.messages,
        late_copies: counts.lateCopies,
        kills: counts.kills,
        ...figures,
        recovery_ms_p50: quantile(counts.recoveriesMs, 0.5),
        recovery_ms_p99: quantile(counts.recoveriesMs, 0.99),
        recovery_ms_max: quantile(counts.recoveriesMs, 1),
      },
      violations,
    };
  },
};
