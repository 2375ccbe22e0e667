import { plentyOfStocks } from "../testing/load/plenty.ts";
import { backWithinMs, latencyOf, Stress, type Overload } from "../testing/load/stress.ts";
import { booksFaults } from "../testing/load/stress-books.ts";
import { serviceNames } from "../testing/market.ts";
import type { Campaign, CampaignContext, CampaignReport, Violation } from "./campaign.ts";
import { SupervisedMarket } from "./supervised-market.ts";

const factors = [2, 5, 10] as const;
const seconds = 4;
const peakSeconds = 1.5;
const peakConnections = [128, 512];
const connections = 4_000;
/** What a process may hold more after an overload: thousands of connections need as much. */
const grownMbMax = 300;
/** Any other answer is a violation. */
const answersOfOverload = ["200 traded", "503 overloaded", "503 unavailable", "503 outcome_unknown"];

interface Tally {
  peaks: number[];
  overloads: { factor: number; overload: Overload }[];
}

export const overload: Campaign = {
  name: "overload",
  describe: "2, 5 and 10 times the measured peak, in an open loop: arrivals that do not wait for answers",
  async run(context) {
    if (process.platform !== "linux")
      return { figures: {}, violations: [], skipped: "memory is read where Linux keeps it" };
    const count = context.count ?? factors.length;
    const tally: Tally = { peaks: [], overloads: [] };
    const violations: Violation[] = [];
    for (
      let done = 0;
      done < count && performance.now() < context.deadlineMs;
      done = tally.overloads.length
    ) {
      const seed = (context.seed + done) % 2 ** 32;
      const ofMarket = Math.min(factors.length, count - done);
      const found = await overloadMarket(context, seed, ofMarket, tally);
      violations.push(...found.map((what) => ({ seed, count: ofMarket, what })));
    }
    return { figures: figuresOf(tally), violations };
  },
};

/** One market: measures its peak, overloads it `ofMarket` times, checks its books. Returns the violations. */
async function overloadMarket(
  { progress, count = factors.length }: CampaignContext,
  seed: number,
  ofMarket: number,
  tally: Tally,
): Promise<string[]> {
  using stocks = plentyOfStocks();
  await using market = await SupervisedMarket.start({ variables: { BOURSE_STOCKS_FILE: stocks.file } });
  const stress = new Stress({ urls: market.urls, pids: () => pidsOf(market) });
  const peak = (await stress.peaks(peakSeconds, peakConnections))[0]?.perSecond ?? 0;
  tally.peaks.push(peak);
  const violations: string[] = [];
  for (let index = 0; index < ofMarket; index += 1) {
    const factor = factors[(seed + index) % factors.length] ?? 2;
    const one = await stress.overload(peak, factor, seconds, connections);
    tally.overloads.push({ factor, overload: one });
    violations.push(...violationsOf(one).map((what) => `${factor} times the peak: ${what}`));
    progress(tally.overloads.length, count, `${factor} times the peak, ${violations.length} violations`);
  }
  violations.push(...(await booksFaults(market.dataDir, stress)));
  const ends = market.exits.map(({ name, how, output }) => `${name} ended by itself (${how}): ${output}`);
  return [...violations, ...ends];
}

/** What must hold on any machine; times and throughput are in the figures only. */
function violationsOf({ report, acceptedMs, beforeMb, afterMb }: Overload): string[] {
  const { answers, lost, withoutRetryAfter } = report;
  const violations = Object.entries(answers)
    .filter(([answer]) => !answersOfOverload.includes(answer))
    .map(([answer, times]) => `${times} orders got ${answer}`);
  if (lost > 0) violations.push(`${lost} orders got no answer`);
  if (withoutRetryAfter > 0) violations.push(`${withoutRetryAfter} refusals came without Retry-After`);
  if (acceptedMs === undefined || acceptedMs > backWithinMs)
    violations.push(`no order is accepted within ${backWithinMs} ms after it`);
  for (const [name, mb] of Object.entries(afterMb)) {
    const grownMb = mb - (beforeMb[name] ?? 0);
    if (grownMb > grownMbMax) violations.push(`${name} holds ${grownMb} MB more after it`);
  }
  return violations;
}

function pidsOf(market: SupervisedMarket): Record<string, number> {
  const names = [...serviceNames, "frontend2"] as const;
  return Object.fromEntries(names.map((name) => [name, market.pidOf(name) ?? process.pid]));
}

/** The worst value of each figure. */
function figuresOf({ peaks, overloads }: Tally): CampaignReport["figures"] {
  const all = overloads.map((one) => one.overload);
  const worst = (of: readonly Overload[], read: (one: Overload) => number) => Math.max(0, ...of.map(read));
  const byFactor = factors.flatMap((factor) => {
    const of = overloads.filter((one) => one.factor === factor).map((one) => one.overload);
    if (of.length === 0) return [];
    return [
      [`goodput_${factor}x`, Math.min(...of.map(({ goodput }) => goodput)).toFixed(2)],
      [`p99_${factor}x_ms`, worst(of, ({ report }) => latencyOf(report, 0.99))],
      [`back_${factor}x_ms`, Math.round(worst(of, ({ backMs }) => backMs ?? Infinity))],
    ];
  });
  const sum = (read: (one: Overload) => number) => all.reduce((total, one) => total + read(one), 0);
  return {
    overloads: all.length,
    peak_per_s: Math.round(Math.min(...peaks)),
    sent: sum(({ report }) => report.sent),
    accepted: sum(({ report }) => report.numbers.length),
    ...Object.fromEntries(byFactor),
    grown_mb_max: worst(all, ({ beforeMb, afterMb }) =>
      Math.max(...Object.entries(afterMb).map(([name, mb]) => mb - (beforeMb[name] ?? 0))),
    ),
  };
}
