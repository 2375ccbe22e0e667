import type { Campaign } from "../campaign.ts";
import { runRounds } from "../rounds.ts";
import { AnswerCounts } from "./exchange.ts";
import { runFuzzRound, requestsOfRound } from "./round.ts";

/** Two rounds: one market without API keys, one with them. */
const defaultCount = 2 * requestsOfRound;

export const fuzz: Campaign = {
  name: "fuzz",
  describe:
    "requests from the API's own schema, some of them invalid, and mutated raw HTTP bytes, to every service",
  async run(context) {
    const counts = new AnswerCounts();
    const sums = { requests: 0, raw_messages: 0, trades: 0 };
    let [requestMs, rawMs, grownMb] = [0, 0, 0];
    const { figures, violations } = await runRounds({
      context,
      count: context.count ?? defaultCount,
      countOfOne: requestsOfRound,
      async run(seed) {
        const round = await runFuzzRound({ seed });
        for (const name of Object.keys(counts) as (keyof AnswerCounts)[]) counts[name] += round.counts[name];
        sums.requests += round.requests;
        sums.raw_messages += round.rawMessages;
        sums.trades += round.trades;
        requestMs += round.requestMs;
        rawMs += round.rawMs;
        grownMb = Math.max(grownMb, round.grownMb);
        const { violations, requests, trades } = round;
        return { round: { violations, orders: trades, trades, lookups: 0 }, injected: requests };
      },
    });
    return {
      figures: {
        rounds: figures["rounds"] ?? 0,
        ...sums,
        requests_per_second: Math.round((sums.requests / Math.max(1, requestMs)) * 1_000),
        raw_messages_per_second: Math.round((sums.raw_messages / Math.max(1, rawMs)) * 1_000),
        answers_passed: counts.passed,
        answers_refused: counts.refused,
        unavailable_503: counts.unavailable,
        answered_by_bun_505: counts.bun505,
        answered_by_bun_4xx: counts.bunRefused,
        closed_unanswered: counts.closedUnanswered,
        resent: counts.resent,
        memory_grown_mb_max: grownMb,
      },
      violations,
    };
  },
};
