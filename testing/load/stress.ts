import { residentMb } from "./memory.ts";
import { LightLoad } from "./light-load.ts";
import { mergeReports, startLoad, type LoadOptions, type LoadReport } from "./open-loop.ts";

/** The market under stress. */
export interface Target {
  /** The frontends; the load generators are spread over them. */
  urls: readonly [string, ...string[]];
  /** The processes by their names. */
  pids(): Readonly<Record<string, number>>;
}

/** The result of one overload. */
export interface Overload {
  report: LoadReport;
  /** Accepted orders per second, as a share of the peak. */
  goodput: number;
  /** Median latency of one order at a time before the overload, in ms. */
  lightMs: number;
  /** From the end of the overload to the first accepted order, and to the first with at most twice `lightMs`, in ms. */
  acceptedMs: number | undefined;
  backMs: number | undefined;
  /** Resident memory of each process. */
  beforeMb: Readonly<Record<string, number>>;
  afterMb: Readonly<Record<string, number>>;
}

export const generators = 2;
const lightMs = 1_000;
export const backWithinMs = 10_000;

/** Puts a market under load, and keeps every order that it acknowledged. */
export class Stress {
  /** Every transaction number that was answered. */
  readonly numbers: number[] = [];
  /** Orders whose outcome no client got. */
  unknown = 0;
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  /** The orders a second that a closed loop gets done with so many connections each time, the most first. */
  async peaks(
    seconds: number,
    connectionCounts: readonly number[],
  ): Promise<{ perSecond: number; connections: number }[]> {
    await this.load({ connections: 64, seconds: Math.min(seconds, 2) });
    const peaks = [];
    for (const connections of connectionCounts)
      peaks.push({ perSecond: acceptedPerSecond(await this.load({ connections, seconds })), connections });
    return peaks.toSorted((one, other) => other.perSecond - one.perSecond);
  }

  /** Loads with `factor` times the peak for `seconds`, then waits until the market has recovered. */
  async overload(
    peakPerSecond: number,
    factor: number,
    seconds: number,
    connections: number,
  ): Promise<Overload> {
    const beforeMb = this.#memory();
    const light = new LightLoad(this.#target.urls[0]);
    await Bun.sleep(lightMs);
    const medianMs = light.medianMs;
    const report = await this.load({ connections, seconds, ratePerSecond: factor * peakPerSecond });
    const { overAt } = report;
    const backMs = (): number | undefined => light.backAfter(overAt, 2 * medianMs);
    while (backMs() === undefined && Date.now() < overAt + backWithinMs) await Bun.sleep(50);
    await light.stop();
    this.numbers.push(...light.numbers);
    this.unknown += light.unknown;
    return {
      report,
      goodput: acceptedPerSecond(report) / peakPerSecond,
      lightMs: medianMs,
      acceptedMs: light.acceptedAfter(overAt),
      backMs: backMs(),
      beforeMb,
      afterMb: this.#memory(),
    };
  }

  /** One load, from all generators together. */
  async load({ connections, ratePerSecond, ...rest }: Omit<LoadOptions, "url">): Promise<LoadReport> {
    const { urls } = this.#target;
    const share = {
      ...rest,
      connections: connections / generators,
      ...(ratePerSecond && { ratePerSecond: ratePerSecond / generators }),
    };
    const loads = Array.from({ length: generators }, (_, index) =>
      startLoad({ ...share, url: urls[index % urls.length] ?? urls[0] }),
    );
    const report = mergeReports(await Promise.all(loads));
    for (const number of report.numbers) this.numbers.push(number);
    this.unknown += report.lost + (report.answers["503 outcome_unknown"] ?? 0);
    return report;
  }

  #memory(): Record<string, number> {
    const pids = Object.entries(this.#target.pids());
    return Object.fromEntries(pids.map(([name, pid]) => [name, residentMb(pid)]));
  }
}

function acceptedPerSecond(report: LoadReport): number {
  return report.latenciesMs.length / report.seconds;
}

/** The accepted latency that a share of all are not above, in ms. */
export function latencyOf({ latenciesMs }: LoadReport, share: number): number {
  return Math.round(latenciesMs[Math.ceil(latenciesMs.length * share) - 1] ?? 0);
}
