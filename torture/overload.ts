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
/** A process may hold as much more after an overload as thousands of connections need, and no more. */
const grownMbMax = 300;
/** Whatever else is heard is a fault. */
const answersOfOverload = ["200 traded", "503 overloaded", "503 unavailable", "503 outcome_unknown"];

interface Tally {
  peaks: number[];
  overloads: { factor: number; overload: Overload }[];
}

export const overload: Campaign = {
  name: "overload",
  describe: "2, 5 and 10 times the measured peak, as arrivals that wait for nobody",
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
      const faults = await overloadMarket(context, seed, ofMarket, tally);
      violations.push(...faults.map((fault) => ({ seed, count: ofMarket, fault })));
    }
    return { figures: figuresOf(tally), violations };
  },
};

/** One market: its peak, so many overloads (the seed says which comes first), its books. Returns what does not hold. */
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
  const faults: string[] = [];
  for (let index = 0; index < ofMarket; index += 1) {
    const factor = factors[(seed + index) % factors.length] ?? 2;
    const one = await stress.overload(peak, factor, seconds, connections);
    tally.overloads.push({ factor, overload: one });
    faults.push(...faultsOf(one).map((fault) => `${factor} times the peak: ${fault}`));
    progress(tally.overloads.length, count, `${factor} times the peak, ${faults.length} violations`);
  }
  faults.push(...(await booksFaults(market.dataDir, stress)));
  const ends = market.exits.map(({ name, how, said }) => `${name} ended by itself (${how}): ${said}`);
  return [...faults, ...ends];
}

/** How long things take, and how much gets done, is in the figures: here is what holds on any machine. */
function faultsOf({ report, acceptedMs, beforeMb, afterMb }: Overload): string[] {
  const { answers, lost, withoutRetryAfter } = report;
  const faults = Object.entries(answers)
    .filter(([answer]) => !answersOfOverload.includes(answer))
    .map(([answer, times]) => `${times} orders got ${answer}`);
  if (lost > 0) faults.push(`${lost} orders got no answer`);
  if (withoutRetryAfter > 0) faults.push(`${withoutRetryAfter} refusals came without Retry-After`);
  if (acceptedMs === undefined || acceptedMs > backWithinMs)
    faults.push(`no order is accepted within ${backWithinMs} ms after it`);
  for (const [name, mb] of Object.entries(afterMb)) {
    const grownMb = mb - (beforeMb[name] ?? 0);
    if (grownMb > grownMbMax) faults.push(`${name} holds ${grownMb} MB more after it`);
  }
  return faults;
}

function pidsOf(market: SupervisedMarket): Record<string, number> {
  const names = [...serviceNames, "frontend2"] as const;
  return Object.fromEntries(names.map((name) => [name, market.pidOf(name) ?? process.pid]));
}

/** The worst of each. */
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
