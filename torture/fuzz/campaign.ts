import type { Campaign } from "../campaign.ts";
import { playRounds } from "../rounds.ts";
import { Tally } from "./exchange.ts";
import { playFuzzRound, requestsOfRound } from "./round.ts";

/** Two rounds, one on a market without keys and one on a market with them. */
const defaultCount = 2 * requestsOfRound;

export const fuzz: Campaign = {
  name: "fuzz",
  describe: "requests from the API's own schema, spoilt, and raw HTTP bytes, mutated, at every service",
  async run(context) {
    const tally = new Tally();
    const sums = { requests: 0, raw_messages: 0, trades: 0 };
    let [requestMs, rawMs, grownMb] = [0, 0, 0];
    const { figures, violations } = await playRounds({
      context,
      count: context.count ?? defaultCount,
      countOfOne: requestsOfRound,
      async play(seed) {
        const round = await playFuzzRound({ seed });
        for (const name of Object.keys(tally) as (keyof Tally)[]) tally[name] += round.tally[name];
        sums.requests += round.requests;
        sums.raw_messages += round.rawMessages;
        sums.trades += round.trades;
        requestMs += round.requestMs;
        rawMs += round.rawMs;
        grownMb = Math.max(grownMb, round.grownMb);
        const { faults, requests, trades } = round;
        return { round: { faults, orders: trades, trades, lookups: 0 }, injected: requests };
      },
    });
    return {
      figures: {
        rounds: figures["rounds"] ?? 0,
        ...sums,
        requests_per_second: Math.round((sums.requests / Math.max(1, requestMs)) * 1_000),
        raw_messages_per_second: Math.round((sums.raw_messages / Math.max(1, rawMs)) * 1_000),
        answers_passed: tally.passed,
        answers_refused: tally.refused,
        unavailable_503: tally.unavailable,
        answered_by_bun_505: tally.bun505,
        answered_by_bun_4xx: tally.bunRefused,
        closed_unanswered: tally.closedUnanswered,
        resent: tally.resent,
        memory_grown_mb_max: grownMb,
      },
      violations,
    };
  },
};
